import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  digest as digestOf,
  decodeAuthorPart,
  toHex,
  type Domain,
  type Hex,
  type IngestItem,
} from '@gridseal/protocol';
import { createGridsealClient, submitBatches } from '@gridseal/sdk';
import type { TestDevice } from '../setup/devices.ts';
import { gridseal } from '../setup/gridseal.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { startService, type RunningService } from '../setup/service.ts';
import { extent } from './harness/extent.ts';
import { createRandom } from './harness/random.ts';

/** The processes of `npm start`. */
const VICTIMS = ['service', 'database', 'chain'] as const;
type Victim = (typeof VICTIMS)[number];

const CYCLES = extent.isWhole ? 9 : 3;
const PATIENCE_MS = 60_000;

/** The chain's node, which ends with the service that started it. */
const chainBelow = async (pid: number): Promise<number> => {
  const { stdout } = await promisify(execFile)('ps', ['-e', '-o', 'pid=,ppid=,comm=']);
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/u))
    .map(([id, parent, program = '']) => ({ pid: Number(id), parent: Number(parent), program }));
  const below = (parent: number): typeof all =>
    all.filter((each) => each.parent === parent).flatMap((each) => [each, ...below(each.pid)]);
  const node = below(pid).find(({ program }) => program.startsWith('anvil'));
  assert.ok(node, 'no chain below the service');
  return node.pid;
};

describe('the whole service, its database and its chain, killed at any moment', () => {
  const random = createRandom(extent.seed);
  const closing: (() => Promise<unknown>)[] = [];
  let dataDir: string;
  let service: RunningService;
  let device: TestDevice;
  let domain: Domain;
  const waiting = new Map<Hex, IngestItem>();
  const receipted = new Set<Hex>();

  const start = async (): Promise<void> => {
    service = await startService({
      dataDir,
      env: { RPC_PORT: '0', MQTT_PORT: '0', LOG_LEVEL: 'error', ANCHOR_INTERVAL_MS: '300' },
    });
  };
  before(async () => {
    const folder = await createTestFolder();
    closing.push(folder.remove);
    dataDir = join(folder.path, 'service');
    await start();
    // A killed service leaves its database running: only the next one, when it ends, takes it along.
    closing.push(async () => {
      if (!isRunning()) await start();
      await service.stop();
    });
    ({ device, domain } = await enrolledDevice(createGridsealClient({ url: service.url })));
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  const isRunning = (): boolean => service.process.exitCode === null && service.process.signalCode === null;

  const send = async (): Promise<void> => {
    const items = [...waiting];
    const results = await submitBatches(createGridsealClient({ url: service.url }), {
      items: items.map(([, item]) => item),
    });
    results.forEach((result, i) => {
      const [digest] = items[i]!;
      assert.notEqual(result.status, 'refused', JSON.stringify(result));
      waiting.delete(digest);
      receipted.add(digest);
    });
  };

  /** Sends until `until` is over; what gets no answer waits and is sent again. */
  const sendUntil = async (until: { over: boolean }): Promise<void> => {
    while (!until.over) {
      for (const item of nextBatches(device, domain, 1 + random.below(5)))
        waiting.set(toHex(digestOf(decodeAuthorPart(item.authorPart), domain)), item);
      await send().catch((error: unknown) => {
        if (error instanceof assert.AssertionError) throw error;
      });
      await sleep(random.below(20));
    }
  };

  /** PostgreSQL outlives a service that was killed, and the next one adopts it: only its own file tells who it is. */
  const databasePid = async (): Promise<number> =>
    Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

  const kill = async (victim: Victim): Promise<void> => {
    if (victim === 'service') return service.kill();
    if (victim === 'chain') {
      // The service starts it again from its last durable block.
      process.kill(await chainBelow(service.process.pid!), 'SIGKILL');
      return;
    }
    process.kill(await databasePid(), 'SIGKILL');
    await sleep(random.below(500));
    await service.kill();
  };

  const atRest = async (): Promise<void> => {
    for (const end = Date.now() + PATIENCE_MS; ;) {
      const [, size] = (await (await fetch(`${service.url}/log/checkpoint`)).text()).split('\n');
      const { anchors } = (await (await fetch(`${service.url}/v1/anchors?limit=1`)).json()) as {
        anchors: { size: string; status: string }[];
      };
      const health = (await (await fetch(`${service.url}/health`)).json()) as {
        parts: { sequencer: { figures: { pendingStatements: number } } };
      };
      const isEmpty = health.parts.sequencer.figures.pendingStatements === 0;
      if (isEmpty && anchors[0]?.status === 'archived' && anchors[0].size === size) return;
      assert.ok(Date.now() < end, `not at rest: ${JSON.stringify(anchors)} of ${String(size)}`);
      await sleep(100);
    }
  };

  it(`loses nothing in ${CYCLES} kills (seed ${extent.seed})`, async () => {
    let shown = 0;
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const until = { over: false };
      const sending = sendUntil(until);
      await sleep(300 + random.below(1_200));
      const victim = VICTIMS[cycle % VICTIMS.length]!;
      await kill(victim);
      if (victim === 'chain') await sleep(500 + random.below(500));
      until.over = true;
      await sending;
      if (victim !== 'chain') await start();
      const [, size] = (await (await fetch(`${service.url}/log/checkpoint`)).text()).split('\n');
      assert.ok(Number(size) >= shown, `the log shrank from ${shown} to ${String(size)}`);
      shown = Number(size);
    }
    if (waiting.size > 0) await send();
    await atRest();
    assert.ok(receipted.size > 50, `only ${receipted.size} batches`);
    for (const digest of receipted) {
      const { sequenced } = (await (await fetch(`${service.url}/v1/receipts/${digest}`)).json()) as {
        sequenced: object | null;
      };
      assert.notEqual(sequenced, null, `acknowledged and lost: ${digest}`);
    }
    const audit = await gridseal('fsck', '--url', service.url, '--rpc', service.rpcUrl, '--json');
    // Nothing is wrong; who vouches for the log's key is the service itself.
    assert.equal(audit.code, 5, audit.stdout + audit.stderr);
  });
});
