import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodePayloadBlock, fromHex, unwrapBatchKey, type Domain, type Hex } from '@gridseal/protocol';
import {
  createGridsealClient,
  getBundle,
  submitBatches,
  untilArchived,
  type GridsealClient,
} from '@gridseal/sdk';
import { decodeRewrapped } from '../../backend/adapters/keys/rewrapped-keys.ts';
import type { TestDevice } from '../setup/devices.ts';
import { gridseal } from '../setup/gridseal.ts';
import { createTestDatabase, createTestFolder, type TestDatabase } from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { startService, type RunningService } from '../setup/service.ts';

type Erasure = { readonly status: string; readonly index: string | null };

describe('the erasure of a batch', () => {
  let postgres: TestDatabase;
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  let service: RunningService;
  let client: GridsealClient;
  let device: TestDevice;
  let domain: Domain;
  let token: string;

  const start = () =>
    startService({
      dataDir: join(folder.path, 'service'),
      env: {
        DATABASE_URL: postgres.database.url,
        RPC_PORT: '0',
        MQTT_PORT: '0',
        LOG_LEVEL: 'warn',
        KEYS: 'development',
        ANCHOR_INTERVAL_MS: '300',
        PERIOD_KEY_DIR: keyFolder(),
      },
    });
  const keyFolder = (): string => join(folder.path, 'period-keys');
  const connect = async (): Promise<void> => {
    service = await start();
    client = createGridsealClient({ url: service.url });
  };

  before(async () => {
    postgres = await createTestDatabase();
    folder = await createTestFolder();
    await connect();
    ({ device, domain } = await enrolledDevice(client));
    token = (await readFile(join(folder.path, 'service', 'keys', 'api.token'), 'utf8')).trim();
  });
  after(async () => {
    await service.stop();
    await postgres.close();
    await folder.remove();
  });

  const taken = async (count: number): Promise<Hex[]> => {
    const results = await submitBatches(client, { items: nextBatches(device, domain, count) });
    return results.map((result) => {
      assert.ok(result.status === 'accepted');
      return result.digest;
    });
  };
  const asOperator = (path: string, body?: unknown): Promise<Response> =>
    fetch(`${service.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const erase = (digest: Hex) => asOperator('/v1/erasures', { digest, reason: 'the customer asked for it' });
  const untilLogged = async (digest: Hex): Promise<Erasure> => {
    for (;;) {
      const erasure = (await (await fetch(`${service.url}/v1/erasures/${digest}`)).json()) as Erasure;
      if (erasure.status === 'logged') return erasure;
      await sleep(100);
    }
  };
  const readings = async (digest: Hex): Promise<number> =>
    (await asOperator(`/v1/readings/${digest}`)).status;
  const archived = (digest: Hex) => untilArchived(() => getBundle(client, { digest }));

  /** Every key that the key store still has, and every wrapped key of a batch, wherever it is. */
  const canOpen = async (digest: Hex, block: Uint8Array): Promise<boolean> => {
    const names = await readdir(keyFolder());
    const keys = await Promise.all(
      names
        .filter((name) => name.endsWith('.key'))
        .map(async (name) => fromHex((await readFile(join(keyFolder(), name), 'utf8')).trim())),
    );
    const rewrapped = await Promise.all(
      names
        .filter((name) => name.endsWith('.rewrapped'))
        .map(async (name) => decodeRewrapped(await readFile(join(keyFolder(), name)))),
    );
    const wrapped = [
      decodePayloadBlock(block).wrappedKey,
      ...rewrapped.flatMap(({ keys: survivors }) => survivors.get(digest.slice(2)) ?? []),
    ];
    return keys.some((periodKey) =>
      wrapped.some((wrappedKey) => {
        try {
          return unwrapBatchKey({ wrappedKey, periodKey }).length === 32;
        } catch {
          return false;
        }
      }),
    );
  };
  const payloadOf = async (digest: Hex): Promise<Uint8Array> => {
    const rows = await postgres.database.query<{
      payloads: Uint8Array;
      payload_ends: number[];
      position: number;
    }>(
      `SELECT p.payloads, p.payload_ends, s.position FROM statement s JOIN payload_block p ON p.id = s.block
       WHERE s.digest = $1`,
      [fromHex(digest)],
    );
    const [row] = rows;
    assert.ok(row);
    return row.payloads.subarray(row.payload_ends[row.position - 1] ?? 0, row.payload_ends[row.position]);
  };

  it('destroys its key, keeps it provable, and leaves every other batch readable', async () => {
    const digests = await taken(5);
    const [first, second, ...others] = digests;
    assert.ok(first && second);
    await archived(first);
    const block = await payloadOf(first);
    assert.equal(await readings(first), 200);
    assert.equal(await canOpen(first, block), true);

    assert.equal((await erase(first)).status, 202);
    const { index } = await untilLogged(first);
    assert.ok(index !== null);
    assert.equal(await readings(first), 410);
    assert.equal(await canOpen(first, block), false);
    for (const other of [second, ...others]) assert.equal(await readings(other), 200);

    await writeFile(join(folder.path, 'erased.json'), await archived(first));
    const trust = join(folder.path, 'service', 'trust.json');
    const bundle = join(folder.path, 'erased.json');
    const verified = await gridseal('verify', bundle, '--trust', trust, '--rpc', service.rpcUrl);
    assert.equal(verified.code, 0, `${verified.stdout}\n${verified.stderr}`);
    const stated = (await (await fetch(`${service.url}/v1/statements?kind=Erasure`)).json()) as {
      statements: { index: string }[];
    };
    assert.deepEqual(
      stated.statements.map((statement) => statement.index),
      [index],
    );
  });

  it('is done again in the same period, also after a restart, and takes new batches meanwhile', async () => {
    const digests = await taken(4);
    const [first, second, third] = digests;
    assert.ok(first && second && third);
    await archived(first);
    const blocks = await Promise.all([payloadOf(first), payloadOf(second)]);
    for (const [i, digest] of [first, second].entries()) {
      assert.equal((await erase(digest)).status, 202);
      await untilLogged(digest);
      assert.equal(await canOpen(digest, blocks[i]!), false);
      await service.stop();
      await connect();
    }
    assert.deepEqual(await Promise.all([first, second, third].map(readings)), [410, 410, 200]);
    const [later] = await taken(1);
    assert.ok(later);
    await archived(later);
    assert.equal(await readings(later), 200);
    assert.equal((await erase(first)).status, 202);
  });

  it('is refused for what is not there', async () => {
    assert.equal((await erase(`0x${'77'.repeat(32)}`)).status, 404);
    const unasked = await fetch(`${service.url}/v1/erasures/0x${'77'.repeat(32)}`);
    assert.equal(unasked.status, 404);
    const anyone = await fetch(`${service.url}/v1/erasures`, { method: 'POST' });
    assert.equal(anyone.status, 401);
  });

  it('leaves a log that fsck finds nothing wrong with', async () => {
    const audit = await gridseal('fsck', '--url', service.url, '--json');
    // Nobody but the service vouches for its key, and no chain was asked.
    assert.equal(audit.code, 5, `${audit.stdout}\n${audit.stderr}`);
  });

  it('closes a period for good when its wrapped keys are lost', async () => {
    const digests = await taken(2);
    await archived(digests[0]!);
    await erase(digests[0]!);
    await untilLogged(digests[0]!);
    for (const name of await readdir(keyFolder()))
      if (name.endsWith('.rewrapped')) await rm(join(keyFolder(), name));
    assert.equal(await readings(digests[1]!), 410);
  });
});
