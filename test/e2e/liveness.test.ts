import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGridsealClient, submitBatches, type GridsealClient } from '@gridseal/sdk';
import { parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Domain } from '@gridseal/protocol';
import { developmentKeys } from '../../backend/adapters/keys/key-files.ts';
import { startTestChain } from '../setup/anvil.ts';
import type { TestDevice } from '../setup/devices.ts';
import { createTestDatabase, createTestFolder } from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { startService } from '../setup/service.ts';

const MAX_UNANCHORED_MS = 1_500;
const LOOKS = 200;

describe('a chain that takes no anchors', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let chain: Awaited<ReturnType<typeof startTestChain>>;
  let url: string;
  let client: GridsealClient;
  let device: TestDevice;
  let domain: Domain;

  before(async () => {
    chain = await startTestChain();
    closing.push(chain.stop);
    const { owner, anchor } = developmentKeys();
    for (const key of [owner, anchor])
      await chain.cheat.setBalance({ address: privateKeyToAccount(key).address, value: parseEther('10') });
    const database = await createTestDatabase();
    closing.push(database.close);
    const folder = await createTestFolder();
    closing.push(folder.remove);
    const service = await startService({
      dataDir: join(folder.path, 'service'),
      env: {
        DATABASE_URL: database.url,
        RPC_URL: chain.url,
        DEPLOY: 'contracts',
        KEYS: 'development',
        FINALITY_DEPTH: '0',
        MQTT_PORT: '0',
        LOG_LEVEL: 'warn',
        ANCHOR_INTERVAL_MS: '200',
        MAX_UNANCHORED_MS: String(MAX_UNANCHORED_MS),
      },
    });
    closing.push(service.stop);
    ({ url } = service);
    client = createGridsealClient({ url });
    ({ device, domain } = await enrolledDevice(client));
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  const submit = () => submitBatches(client, { items: nextBatches(device, domain, 1) });
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    for (let looks = 0; !(await holds()); looks += 1) {
      assert.ok(looks < LOOKS, what);
      await sleep(50);
    }
  };
  const refusing = async (): Promise<boolean> => {
    const health = (await (await fetch(`${url}/health`)).json()) as {
      parts: { ingest: { status: string; figures: { refusing: number } } };
    };
    return health.parts.ingest.figures.refusing === 1;
  };

  it('makes the service refuse new work in time, and take it again once the chain goes on', async () => {
    await chain.cheat.setAutomine(false);
    const [taken] = nextBatches(device, domain, 1);
    assert.ok(taken);
    const [first] = await submitBatches(client, { items: [taken] });
    assert.equal(first?.status, 'accepted');
    await until('it refuses', refusing);

    await assert.rejects(
      submit(),
      (error: { problem?: { status: number; code: string }; retryAfterS?: number }) => {
        assert.deepEqual(
          [error.problem?.status, error.problem?.code, error.retryAfterS],
          [503, 'overloaded', 5],
        );
        return true;
      },
    );
    const [again] = await submitBatches(client, { items: [taken] });
    assert.equal(again?.status, 'duplicate');

    await chain.cheat.setAutomine(true);
    await chain.cheat.mine({ blocks: 1 });
    await until('it takes work again', async () => !(await refusing()));
    const [later] = await submit();
    assert.equal(later?.status, 'accepted');
  });
});
