import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openDatabase } from '../../../backend/adapters/postgres/database.ts';
import { DatabaseError } from '../../../backend/adapters/postgres/errors.ts';
import { MigrationError, migrate } from '../../../backend/adapters/postgres/migrations.ts';
import {
  DatabaseRequirementError,
  checkDatabaseRequirements,
} from '../../../backend/adapters/postgres/requirements.ts';
import { type TestDatabase, createEmptyTestDatabase, testLogger } from '../../setup/postgres.ts';

let db: TestDatabase;
before(async () => {
  db = await createEmptyTestDatabase();
  await db.database.query('CREATE TABLE meter (id int8 PRIMARY KEY, raw bytea)');
});
after(() => db.close());

test('int8 arrives as bigint and bytes as they were sent', async () => {
  await db.database.query('INSERT INTO meter VALUES ($1, $2)', [2n ** 62n, new Uint8Array([0, 255])]);
  const [row] = await db.database.query<{ id: bigint; raw: Uint8Array }>('SELECT id, raw FROM meter');
  assert.ok(row !== undefined);
  assert.equal(row.id, 2n ** 62n);
  assert.deepEqual(Array.from(row.raw), [0, 255]);
});

test('a transaction that rejects leaves nothing behind', async () => {
  const stop = new Error('stop');
  await assert.rejects(
    db.database.transaction(async (tx) => {
      await tx.query('INSERT INTO meter VALUES (7, NULL)');
      throw stop;
    }),
    (error) => error === stop,
  );
  assert.deepEqual(await db.database.query('SELECT id FROM meter WHERE id = 7'), []);
});

test('a commit that PostgreSQL turns into a rollback is an error', async () => {
  await assert.rejects(
    db.database.transaction(async (tx) => {
      await tx.query('INSERT INTO meter VALUES (8, NULL)');
      await tx.query('SELECT 1/0').catch(() => []);
    }),
    (error) => error instanceof DatabaseError && error.code === 'rejected',
  );
  assert.deepEqual(await db.database.query('SELECT id FROM meter WHERE id = 8'), []);
});

test('a violated constraint is named and must not be retried', async () => {
  await db.database.query('INSERT INTO meter VALUES (9, NULL)');
  await assert.rejects(
    db.database.query('INSERT INTO meter VALUES (9, NULL)'),
    (error) =>
      error instanceof DatabaseError &&
      error.code === 'constraint' &&
      error.constraint === 'meter_pkey' &&
      error.sqlState === '23505' &&
      !error.retryable,
  );
});

test('a serialization failure runs the transaction again', async () => {
  await db.database.query('INSERT INTO meter VALUES (10, NULL), (11, NULL)');
  let runs = 0;
  await db.database.transaction(
    async (tx) => {
      runs += 1;
      await tx.query('SELECT count(*) FROM meter');
      if (runs === 1) await db.database.query('UPDATE meter SET raw = NULL WHERE id = 10');
      await tx.query('UPDATE meter SET raw = NULL WHERE id = 10');
    },
    { isolation: 'repeatable read', attempts: 3 },
  );
  assert.equal(runs, 2);
});

test('a connection lost during commit is an unknown outcome, lost before it is unavailable', async () => {
  await db.database.query(`CREATE FUNCTION end_backend() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END$$`);
  await db.database.query('CREATE TABLE doomed (id int)');
  await db.database.query(`CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON doomed
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION end_backend()`);
  await assert.rejects(
    db.database.transaction((tx) => tx.query('INSERT INTO doomed VALUES (1)')),
    (error) => error instanceof DatabaseError && error.code === 'outcome-unknown' && !error.retryable,
  );
  await assert.rejects(
    db.database.transaction((tx) => tx.query('SELECT pg_terminate_backend(pg_backend_pid())')),
    (error) => error instanceof DatabaseError && error.code === 'unavailable' && error.retryable,
  );
});

test('a session tells when it is lost and its locks with it', async () => {
  const holder = await db.database.session();
  const [mine] = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid, pg_advisory_lock(5)');
  const other = await db.database.session();
  const attempt = () => other.query<{ got: boolean }>('SELECT pg_try_advisory_lock(5) AS got');
  assert.deepEqual(await attempt(), [{ got: false }]);
  await db.database.query('SELECT pg_terminate_backend($1)', [mine?.pid ?? 0]);
  await holder.closed;
  await other.query('SELECT pg_advisory_lock(5)');
  await other.release();
});

test('closed, it has no connection left that a stopping server would cut off', async () => {
  for (let times = 0; times < 25; times += 1) {
    const database = openDatabase({ url: db.url, poolSize: 8, logger: testLogger });
    const pids = await Promise.all(
      Array.from({ length: 8 }, () =>
        database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid, pg_sleep(0.02)'),
      ),
    );
    await database.close();
    const left = await db.database.query('SELECT FROM pg_stat_activity WHERE pid = ANY($1)', [
      pids.flatMap((rows) => rows.map(({ pid }) => pid)),
    ]);
    assert.equal(left.length, 0);
  }
});

test('the embedded server is fit to hold evidence', async () => {
  await checkDatabaseRequirements(db.url);
});

test('a server that may lose acknowledged rows is refused', async () => {
  await db.database.query(
    "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END$$",
  );
  await assert.rejects(
    checkDatabaseRequirements(db.url),
    (error) =>
      error instanceof DatabaseRequirementError &&
      error.requirement === 'synchronous_commit' &&
      error.found === 'off',
  );
  await db.database.query(
    "DO $$BEGIN EXECUTE format('ALTER DATABASE %I RESET synchronous_commit', current_database()); END$$",
  );
});

test('a server whose commits wait for no standby is refused where that is asked for, at start and later', async () => {
  await assert.rejects(
    checkDatabaseRequirements(db.url, 'synchronous'),
    (error) => error instanceof DatabaseRequirementError && error.requirement === 'synchronous_standby_names',
  );
  const database = openDatabase({ url: db.url, poolSize: 1, logger: testLogger, replication: 'synchronous' });
  const isRefused = (error: unknown) => error instanceof DatabaseError && error.code === 'unavailable';
  await assert.rejects(database.query('SELECT 1'), isRefused);
  await assert.rejects(database.session(), isRefused);
  await database.close();
});

test('migrations run once, in order, and refuse a changed or unknown past', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'gridseal-migrations-'));
  t.after(() => rm(path, { recursive: true }));
  const folder = pathToFileURL(`${path}/`);
  const own = await createEmptyTestDatabase();
  t.after(own.close);
  await writeFile(join(path, '801-second.sql'), 'INSERT INTO first_table VALUES (1)');
  await writeFile(join(path, '800-first.sql'), 'CREATE TABLE first_table (id int)');
  assert.deepEqual(await migrate(own.database, folder), ['800-first.sql', '801-second.sql']);
  assert.deepEqual(await migrate(own.database, folder), []);

  await writeFile(join(path, '802-broken.sql'), 'CREATE TABLE third (id int); SELECT 1/0');
  await assert.rejects(migrate(own.database, folder), { code: 'refused', migration: '802-broken.sql' });
  assert.deepEqual(await own.database.query("SELECT to_regclass('third') AS t"), [{ t: null }]);
  await rm(join(path, '802-broken.sql'));

  const isMigrationError = (code: string, migration: string) => (error: unknown) =>
    error instanceof MigrationError && error.code === code && error.migration === migration;
  await writeFile(join(path, '800-first.sql'), 'CREATE TABLE first_table (id bigint)');
  await assert.rejects(
    migrate(own.database, folder),
    isMigrationError('changed-after-applied', '800-first.sql'),
  );
  await rm(join(path, '800-first.sql'));
  await assert.rejects(
    migrate(own.database, folder),
    isMigrationError('from-a-newer-version', '800-first.sql'),
  );
  await writeFile(join(path, 'nine.sql'), '');
  await assert.rejects(migrate(own.database, folder), isMigrationError('name-malformed', 'nine.sql'));
});
