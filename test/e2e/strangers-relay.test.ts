import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { randomBytes } from 'node:crypto';
import { toHex } from '@gridseal/protocol';
import { createGridsealClient, ServiceError, storeProfile } from '@gridseal/sdk';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';
import { createPublicClient, http, type Hex } from 'viem';
import { asProfile, ensureEnrolled } from '../../edge/gateway/enrol.ts';
import { createTestDatabase, createTestFolder, type TestDatabase } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

const PROFILE = asProfile({
  format: 'gridseal-profile/1',
  channels: [{ channel: 1, quantity: 'active-power', scale: 0, sign: '+ = consumed', unit: 'W' }],
});
const keyOf = () => deviceKeyFrom('secp256k1', new Uint8Array(randomBytes(32)));

describe('strangers at the relay', () => {
  const closing: (() => Promise<unknown>)[] = [];
  const [admitted, second] = [keyOf(), keyOf()];
  let service: RunningService;
  let database: TestDatabase;

  before(async () => {
    database = await createTestDatabase();
    closing.push(database.close);
    const folder = await createTestFolder();
    closing.push(folder.remove);
    service = await startService({
      dataDir: join(folder.path, 'service'),
      env: {
        DATABASE_URL: database.url,
        RPC_PORT: '0',
        MQTT_PORT: '0',
        LOG_LEVEL: 'error',
        ADMIT_OWNERS: [admitted, second].map((key) => toHex(key.firstIdentity)).join(','),
        RELAY_CALLS_PER_DAY: '2',
      },
    });
    closing.push(service.stop);
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  const enrol = async (owner: ReturnType<typeof keyOf>): Promise<unknown> => {
    const key = keyOf();
    const client = createGridsealClient({ url: service.url });
    await storeProfile(client, PROFILE);
    const enrolment = { key, owner, identity: key.firstIdentity, profile: PROFILE };
    return ensureEnrolled({ ...enrolment, client, now: Date.now }).then(
      () => 'relayed',
      (error: unknown) =>
        error instanceof ServiceError ? error.problem.code : Promise.reject(error as Error),
    );
  };
  const senders = async (): Promise<ReadonlySet<Hex>> => {
    const chain = createPublicClient({ transport: http(service.rpcUrl) });
    const rows = await database.database.query<{ hash: Uint8Array }>(
      'SELECT DISTINCT transaction_hash AS hash FROM registry_event',
    );
    assert.ok(rows.length > 0);
    const sent = await Promise.all(rows.map(({ hash }) => chain.getTransaction({ hash: toHex(hash) })));
    return new Set(sent.map(({ from }) => from));
  };

  it('pays for whom it admits only, within a budget, and from an account that anchors do not need [E3]', async () => {
    for (let i = 0; i < 5; i += 1) assert.equal(await enrol(keyOf()), 'owner-not-admitted');
    assert.equal(await enrol(admitted), 'relayed');
    assert.equal(await enrol(second), 'relayed');
    assert.equal(await enrol(admitted), 'relay-spent');
    const paying = await senders();
    assert.equal(paying.size, 1);
    const anchoring = await database.database.query<{ account: Uint8Array }>(
      "SELECT DISTINCT account FROM outbox_transaction WHERE reference NOT LIKE 'relay:%'",
    );
    for (const { account } of anchoring)
      assert.ok(
        ![...paying].some((from) => from.toLowerCase() === toHex(account)),
        'the anchor account paid',
      );
  });
});
