import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { createLease } from '../../../backend/worker/lease.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

const PATIENCE_MS = 10_000;
let postgres: TestDatabase;

before(async () => {
  postgres = await createTestDatabase();
});
after(() => postgres.close());

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `not within ${PATIENCE_MS} ms`);
    await delay(10);
  }
};

test('one process holds a lease, and the next takes it when it is released', async () => {
  const [one, two] = [createLease(postgres.database, 'work'), createLease(postgres.database, 'work')];
  assert.equal(await one.holds(), true);
  assert.equal(await one.holds(), true);
  assert.equal(await two.holds(), false);
  await one.release();
  assert.equal(await two.holds(), true);
  await two.release();
});

test('leases of other names do not compete', async () => {
  const [one, two] = [createLease(postgres.database, 'left'), createLease(postgres.database, 'right')];
  assert.deepEqual([await one.holds(), await two.holds()], [true, true]);
  await one.release();
  await two.release();
});

test('a lease ends with the connection it was taken on', async () => {
  const [one, two] = [createLease(postgres.database, 'cut'), createLease(postgres.database, 'cut')];
  assert.equal(await one.holds(), true);
  await postgres.database.query(
    `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'advisory' AND a.datname = current_database()`,
  );
  await until(() => two.holds());
  // The server knew of the end first.
  await until(async () => !(await one.holds()));
  assert.equal(await two.holds(), true);
  await two.release();
});
