import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeAuthorPart, digest as digestOf, toHex, type IngestItem } from '@gridseal/protocol';
import { createGridsealClient, SdkError, submitBatches, type BatchResult } from '@gridseal/sdk';
import { openDatabase } from '../../backend/adapters/postgres/database.ts';
import { DatabaseError } from '../../backend/adapters/postgres/errors.ts';
import { checkDatabaseRequirements } from '../../backend/adapters/postgres/requirements.ts';
import { createTestFolder, testLogger } from '../setup/postgres.ts';
import { enrolledDevice, nextBatches, type EnrolledDevice } from '../setup/served-log.ts';
import { startService } from '../setup/service.ts';
import { closingLastFirst } from './cluster/closing.ts';
import { startDatabasePair, type DatabasePair } from './cluster/databases.ts';

type Served = EnrolledDevice & {
  readonly url: string;
  readonly databases: DatabasePair;
  /** Sends batches once; undefined when the service has no answer for now. */
  readonly send: (items: readonly IngestItem[]) => Promise<readonly BatchResult[] | undefined>;
};

const serve = async (t: TestContext): Promise<Served> => {
  const closing = closingLastFirst(t);
  const folder = await createTestFolder();
  closing(folder.remove);
  const databases = await startDatabasePair(folder.path);
  closing(databases.stop);
  const service = await startService({
    dataDir: join(folder.path, 'service'),
    env: { DATABASE_URL: databases.url, RPC_PORT: '0', MQTT_PORT: '0', LOG_LEVEL: 'warn' },
  });
  closing(service.stop);
  const client = createGridsealClient({ url: service.url, timeoutMs: 60_000 });
  const enrolled = await enrolledDevice(client);
  const send = (items: readonly IngestItem[]): Promise<readonly BatchResult[] | undefined> =>
    submitBatches(client, { items }).catch((error: unknown) => {
      if (error instanceof SdkError && error.retryable) return undefined;
      throw error;
    });
  return { ...enrolled, url: service.url, databases, send };
};

const untilTaken = async (
  { send }: Served,
  items: readonly IngestItem[],
): Promise<readonly BatchResult[]> => {
  for (const end = Date.now() + 90_000; ;) {
    const results = await send(items);
    if (results !== undefined) return results;
    assert.ok(Date.now() < end, 'the service does not go on');
    await sleep(200);
  }
};

/** Connections whose commit waits for the standby. */
const waitingForStandby = async ({ databases }: Served): Promise<readonly number[]> => {
  for (const end = Date.now() + 60_000; ;) {
    const rows = await databases
      .primary()
      .ask<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'gridseal'`,
      );
    if (rows.length > 0) return rows.map(({ pid }) => pid);
    assert.ok(Date.now() < end, 'no commit waits for the standby');
    await sleep(50);
  }
};

/** The service has a database again, if only to read. */
const untilConnected = async ({ url }: Served): Promise<void> => {
  for (const end = Date.now() + 60_000; ;) {
    const { parts } = (await (await fetch(`${url}/health`)).json()) as {
      parts: { database: { status: string } };
    };
    if (parts.database.status === 'ok') return;
    assert.ok(Date.now() < end, 'the service does not come back to its database');
    await sleep(100);
  }
};

/** `/health` says of ingest what is the matter. */
const untilSays = async ({ url }: Served, what: RegExp): Promise<void> => {
  for (const end = Date.now() + 60_000; ;) {
    const { parts } = (await (await fetch(`${url}/health`)).json()) as {
      parts: { ingest: { detail?: string } };
    };
    if (what.test(parts.ingest.detail ?? '')) return;
    assert.ok(Date.now() < end, `/health does not say ${String(what)}: ${JSON.stringify(parts.ingest)}`);
    await sleep(200);
  }
};

const digestsOf = (results: readonly BatchResult[]): readonly unknown[] =>
  results.map(({ status, digest }) => (status === 'refused' ? status : digest));

test('a batch is not acknowledged when the waiting of its commit for the standby is cancelled', async (t) => {
  const served = await serve(t);
  const { databases, device, domain, send } = served;
  await untilTaken(served, nextBatches(device, domain, 2));
  await databases.standby().pause();

  const items = nextBatches(device, domain, 2);
  let answer: readonly BatchResult[] | undefined;
  const sending = send(items).then((results) => {
    answer = results;
  });
  // As a statement timeout does, or an administrator: the server says COMMIT, with a warning, and shows the rows to all.
  for (let round = 0; round < 3; round += 1) {
    for (const pid of await waitingForStandby(served))
      await databases.primary().ask(`SELECT pg_cancel_backend(${pid})`);
    await sleep(300);
  }
  assert.equal(answer, undefined, 'acknowledged, and on one server alone');
  // The first may have been told that nobody knows; another batch waits, and whoever looks is told for whom.
  const later = send(nextBatches(device, domain, 2));
  await untilSays(served, /its standby does not|waits for the sequencer/u);

  // That server is gone for good: what it alone has was promised to nobody.
  await databases.primary().kill();
  await databases.standby().resume();
  await databases.takeOver();
  await Promise.all([sending, later]);
  const results = await untilTaken(served, items);
  assert.ok(
    results.every(({ status }) => status !== 'refused'),
    JSON.stringify(results),
  );
  assert.deepEqual(digestsOf(await untilTaken(served, items)), digestsOf(results));
});

test('a batch is not acknowledged that a primary shows after a restart and its standby does not have', async (t) => {
  const served = await serve(t);
  const { databases, device, domain, send } = served;
  await untilTaken(served, nextBatches(device, domain, 2));
  await databases.standby().pause();

  const items = nextBatches(device, domain, 2);
  const digest = toHex(digestOf(decodeAuthorPart(items[0]!.authorPart), domain)).slice(2);
  let sending = send(items);
  for (let tries = 0; ; tries += 1) {
    await waitingForStandby(served);
    await sleep(500);
    await databases.primary().kill();
    // It is as its own disk has it now, with the rows whose commit waited.
    await databases.primary().start();
    const shown = await databases.primary().ask(`SELECT FROM statement WHERE digest = '\\x${digest}'`);
    await untilConnected(served);
    if (shown.length > 0) break;
    // Another commit of the service waited, before the batch came to its own.
    assert.ok(tries < 8, 'the batch does not come to its commit');
    await sending;
    sending = send(items);
  }
  // As a station does that was cut off. What comes of it after the standby has taken over is for later.
  const again = await Promise.race([sending.then(() => send(items)), sleep(10_000)]);
  assert.equal(again, undefined, 'acknowledged, and on one server alone');

  await databases.primary().kill();
  await databases.standby().resume();
  await databases.takeOver();
  await sending;
  const results = await untilTaken(served, items);
  assert.ok(
    results.every(({ status }) => status !== 'refused'),
    JSON.stringify(results),
  );
});

test('a standby is not taken for a database: a service that finds one waits for its primary', async (t) => {
  const closing = closingLastFirst(t);
  const folder = await createTestFolder();
  closing(folder.remove);
  const databases = await startDatabasePair(folder.path);
  closing(databases.stop);
  const { url } = databases.standby();
  const isAway = (error: unknown) => error instanceof DatabaseError && error.code === 'unavailable';
  await assert.rejects(checkDatabaseRequirements(url, 'synchronous'), isAway);
  const database = openDatabase({ url, poolSize: 2, logger: testLogger });
  closing(database.close);
  await assert.rejects(database.query('SELECT 1'), isAway);
  await assert.rejects(database.session(), isAway);
  await checkDatabaseRequirements(databases.url, 'synchronous');
  await databases.primary().kill();
  await databases.takeOver();
  await database.query('SELECT 1');
});
