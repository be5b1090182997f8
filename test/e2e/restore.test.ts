import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Domain, Hex } from '@gridseal/protocol';
import { createGridsealClient, getBundle, submitBatches, type GridsealClient } from '@gridseal/sdk';
import { root } from '../../scripts/paths.ts';
import type { TestDevice } from '../setup/devices.ts';
import {
  createEmptyTestDatabase,
  createTestDatabase,
  createTestFolder,
  type TestDatabase,
} from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { startService, type RunningService } from '../setup/service.ts';

const BATCHES = 300;
const PATIENCE_MS = 60_000;

describe('gridseal restore', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let dataDir: string;
  let first: TestDatabase;
  let service: RunningService;
  let client: GridsealClient;
  let device: TestDevice;
  let domain: Domain;
  const digests: Hex[] = [];

  before(async () => {
    const folder = await createTestFolder();
    closing.push(folder.remove);
    dataDir = join(folder.path, 'service');
    first = await createTestDatabase();
    closing.push(first.close);
    service = await start(first);
    client = createGridsealClient({ url: service.url });
    ({ device, domain } = await enrolledDevice(client));
    for (let sent = 0; sent < BATCHES; sent += 50) {
      await send(50);
      // More than one anchor.
      await sleep(300);
    }
    await atRest();
  });
  after(async () => {
    if (service.process.exitCode === null) await service.kill();
    for (const close of closing.toReversed()) await close();
  });

  const env = ({ url }: TestDatabase): Record<string, string> => ({
    DATABASE_URL: url,
    RPC_PORT: '0',
    MQTT_PORT: '0',
    LOG_LEVEL: 'warn',
    ANCHOR_INTERVAL_MS: '500',
  });
  const start = (database: TestDatabase): Promise<RunningService> =>
    startService({ dataDir, env: env(database) });

  const send = async (count: number): Promise<void> => {
    for (const result of await submitBatches(client, { items: nextBatches(device, domain, count) })) {
      assert.ok(result.status !== 'refused', JSON.stringify(result));
      digests.push(result.digest);
    }
  };

  const checkpoint = async (): Promise<string> => (await fetch(`${service.url}/log/checkpoint`)).text();

  /** Resolves when everything is anchored and proven. */
  const atRest = async (): Promise<void> => {
    for (const end = Date.now() + PATIENCE_MS; ;) {
      await sleep(100);
      const answer = await fetch(`${service.url}/v1/anchors?limit=1`);
      const { anchors } = (await answer.json()) as { anchors: { size: string; status: string }[] };
      const [, size] = (await checkpoint()).split('\n');
      const last = await fetch(`${service.url}/v1/receipts/${digests.at(-1)!}`);
      const { sequenced } = (await last.json()) as { sequenced: object | null };
      if (sequenced !== null && anchors[0]?.status === 'archived' && anchors[0].size === size) return;
      assert.ok(Date.now() < end, `not at rest: ${JSON.stringify(anchors[0])} of ${String(size)}`);
    }
  };

  /** What members hold or can ask for: receipts of all batches, bundles of some. */
  const everything = async () => ({
    checkpoint: await checkpoint(),
    receipts: await Promise.all(
      digests.map(async (digest) => (await fetch(`${service.url}/v1/receipts/${digest}`)).json()),
    ),
    bundles: await Promise.all(
      digests.filter((_, i) => i % 37 === 0).map((digest) => getBundle(client, { digest })),
    ),
  });

  const restore = (
    database: TestDatabase,
    ...args: string[]
  ): Promise<{ status: number | null; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const command = [join(root, 'cli/main.ts'), 'restore', ...args];
      const options = {
        timeout: 60_000,
        env: { ...process.env, DATA_DIR: dataDir, ...env(database) },
      };
      const child = execFile(process.execPath, command, options, (_error, stdout, stderr): void => {
        resolve({ status: child.exitCode, stdout, stderr });
      });
    });
  /** Kills a restoration as soon as one anchor is back. */
  const interrupted = async (database: TestDatabase): Promise<void> => {
    const child = spawn(process.execPath, [join(root, 'backend/restore.ts'), trustFile()], {
      env: { ...process.env, DATA_DIR: dataDir, ...env(database) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    for await (const line of createInterface({ input: child.stdout }))
      if (line.includes('"progress"')) child.kill('SIGKILL');
    await ended;
    assert.equal(child.signalCode, 'SIGKILL', 'it was over before it was interrupted');
  };
  const trustFile = (): string => join(dataDir, 'trust.json');

  it('rebuilds the log from chain and blocks: the same root, size, receipts and bundles, and the log goes on', async () => {
    const held = await everything();
    await service.stop();
    const second = await createEmptyTestDatabase();
    closing.push(second.close);

    await interrupted(second);
    const { status, stdout, stderr } = await restore(second, '--json', '--trust', trustFile());
    assert.equal(status, 0, stdout + stderr);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(
      [report.restored, report.payloads, report.closedPayloads],
      [true, { found: BATCHES, missing: 0 }, 0],
    );

    service = await start(second);
    client = createGridsealClient({ url: service.url });
    // The evidence of the newest anchor is in no manifest yet: it comes from the chain again.
    await atRest();
    const found = await everything();
    assert.equal(found.checkpoint, held.checkpoint);
    assert.deepEqual(found.receipts, held.receipts);
    assert.deepEqual(found.bundles, held.bundles);
    const disclosed = await fetch(`${service.url}/v1/segments`);
    assert.equal(disclosed.status, 200);

    await send(20);
    await atRest();
    const [, size] = (await checkpoint()).split('\n');
    const [, before] = held.checkpoint.split('\n');
    assert.equal(Number(size), Number(before) + 20, 'nothing is stated twice');
    await service.stop();
  });

  it('refuses a database that holds a log already', async () => {
    const { status, stderr } = await restore(first, '--trust', trustFile());
    assert.equal(status, 3);
    assert.match(stderr, /take an empty one/u);
  });

  it('says that payloads stay closed when the key store is lost', async () => {
    const third = await createEmptyTestDatabase();
    closing.push(third.close);
    const { status, stdout } = await restoreWith(third, { PERIOD_KEY_DIR: join(dataDir, 'no-keys') });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /\d+ payloads stay closed/u);
  });

  const restoreWith = (database: TestDatabase, more: Record<string, string>) => {
    const before = { ...process.env };
    Object.assign(process.env, more);
    const done = restore(database, '--trust', trustFile());
    process.env = before;
    return done;
  };
});
