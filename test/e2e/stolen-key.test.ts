import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Domain, Hex } from '@gridseal/protocol';
import {
  createGridsealClient,
  getReceipt,
  ServiceError,
  submitBatches,
  type GridsealClient,
} from '@gridseal/sdk';
import { parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { startTestChain, type TestChain } from '../setup/anvil.ts';
import type { TestDevice } from '../setup/devices.ts';
import { createTestDatabase, createTestFolder, type TestDatabase } from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { startService, type RunningService } from '../setup/service.ts';
import { createThief } from '../setup/thief.ts';

const PATIENCE_MS = 60_000;
/** Of the follower, with room for a busy machine. */
const NOTICED_WITHIN_MS = 20_000;

type Anchor = { readonly size: string; readonly status: string; readonly epoch: string };
type Health = {
  readonly status: string;
  readonly parts: Record<string, { status: string; detail?: string; figures?: Record<string, number> }>;
};

for (const [name, size] of [
  ['one leaf that nobody knows', 'one more'],
  ['2^62 leaves', 2n ** 62n],
] as const)
  describe(`a stolen anchor key, with which somebody anchors ${name}`, () => {
    const closing: (() => Promise<unknown>)[] = [];
    let folder: Awaited<ReturnType<typeof createTestFolder>>;
    let chain: TestChain;
    let database: TestDatabase;
    let service: RunningService;
    let client: GridsealClient;
    let device: TestDevice;
    let domain: Domain;
    const anchored: Hex[] = [];
    const waiting: Hex[] = [];

    const keyFile = (key: string): string => join(folder.path, 'service', 'keys', `${key}.key`);
    const start = async (): Promise<void> => {
      service = await startService({
        dataDir: join(folder.path, 'service'),
        env: {
          DATABASE_URL: database.url,
          RPC_URL: chain.url,
          DEPLOY: 'contracts',
          FINALITY_DEPTH: '0',
          MQTT_PORT: '0',
          LOG_LEVEL: 'warn',
          ANCHOR_INTERVAL_MS: '200',
        },
      });
      client = createGridsealClient({ url: service.url });
    };
    const send = async (count: number): Promise<Hex[]> => {
      const results = await submitBatches(client, { items: nextBatches(device, domain, count) });
      return results.map((result) => {
        assert.notEqual(result.status, 'refused', JSON.stringify(result));
        return (result as { digest: Hex }).digest;
      });
    };
    const json = async <T>(path: string): Promise<T> =>
      (await (await fetch(`${service.url}${path}`)).json()) as T;
    const health = () => json<Health>('/health');
    const until = async (
      what: string,
      holds: () => Promise<boolean>,
      withinMs = PATIENCE_MS,
    ): Promise<void> => {
      for (const end = Date.now() + withinMs; !(await holds()); await sleep(50))
        if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    };
    const atRest = async (): Promise<void> => {
      await until('everything is anchored and archived', async () => {
        const [, published] = (await (await fetch(`${service.url}/log/checkpoint`)).text()).split('\n');
        const { anchors } = await json<{ anchors: Anchor[] }>('/v1/anchors?limit=1');
        return anchors[0]?.status === 'archived' && anchors[0].size === published;
      });
    };

    before(async () => {
      folder = await createTestFolder();
      closing.push(folder.remove);
      chain = await startTestChain();
      closing.push(chain.stop);
      database = await createTestDatabase();
      closing.push(database.close);
      await mkdir(join(folder.path, 'service', 'keys'), { recursive: true });
      for (const key of ['owner', 'anchor', 'guardian']) {
        const secret: Hex = `0x${randomBytes(32).toString('hex')}`;
        await writeFile(keyFile(key), `${secret}\n`, { mode: 0o600 });
        await chain.cheat.setBalance({
          address: privateKeyToAccount(secret).address,
          value: parseEther('10'),
        });
      }
      await start();
      ({ device, domain } = await enrolledDevice(client));
      anchored.push(...(await send(20)));
      await atRest();
    });
    after(async () => {
      if (service.process.exitCode === null) await service.kill();
      for (const close of closing.toReversed()) await close();
    });

    it('is noticed within a poll, and by name [E1]', async () => {
      const thief = await createThief({
        url: service.url,
        rpcUrl: chain.url,
        keyFile: keyFile('anchor'),
      });
      const transaction = await thief.anchor(size);
      await until('the health fails', async () => (await health()).status === 'failing', NOTICED_WITHIN_MS);
      const { parts } = await health();
      assert.equal(parts.anchor?.status, 'failing');
      assert.match(parts.anchor?.detail ?? '', new RegExp(`${transaction}.*stolen-key`, 'u'));
      assert.equal(parts.anchor?.figures?.foreignAnchor, 1);
    });

    it('lets nothing be taken, signed or anchored, and goes on serving [E1]', async () => {
      const before = await (await fetch(`${service.url}/log/checkpoint`)).text();
      await assert.rejects(send(1), (error: unknown) => {
        assert.ok(error instanceof ServiceError, String(error));
        assert.deepEqual([error.problem.status, error.problem.code], [503, 'log-halted']);
        return true;
      });
      await sleep(1_000);
      assert.equal(await (await fetch(`${service.url}/log/checkpoint`)).text(), before);
      for (const digest of anchored) assert.equal((await getReceipt(client, { digest })).stage, 'final');
      const { anchors } = await json<{ anchors: Anchor[] }>('/v1/anchors');
      assert.deepEqual(new Set(anchors.map(({ status }) => status)), new Set(['archived']));
      const { figures } = (await health()).parts.anchor!;
      assert.equal(figures?.unanchoredEntries, 0);
      assert.equal(String(figures?.anchoredSize), anchors[0]?.size);
    });

    it('is found at a start as well, with what had been acknowledged before still waiting [E1]', async () => {
      await service.stop();
      await start();
      const { status, parts } = await health();
      assert.deepEqual([status, parts.anchor?.status, parts.sequencer?.status], ['failing', 'failing', 'ok']);
      for (const digest of anchored) assert.equal((await getReceipt(client, { digest })).stage, 'final');
      await assert.rejects(send(1), ServiceError);
      assert.deepEqual(waiting, []);
      assert.notEqual(await readFile(keyFile('guardian'), 'utf8'), '');
    });
  });
