import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { createDurableFiles } from '../../../backend/adapters/durable-file/durable-files.ts';
import { chooseAccount } from '../../../backend/adapters/postgres/embedded/account.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../backend/adapters/postgres/embedded/embedded-postgres.ts';
import {
  initialiseCluster,
  PostgresStartError,
  startServer,
} from '../../../backend/adapters/postgres/embedded/server.ts';
import { keepFilesBusy } from '../../setup/busy-files.ts';
import { createTestFolder, testLogger } from '../../setup/postgres.ts';

const start = (dataDir: string): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ dataDir, files: createDurableFiles(), logger: testLogger });

const ask = async (postgres: EmbeddedPostgres, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

const recordOf = async (dataDir: string) =>
  JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as { folder: string };

/** Of a data folder whose cluster is elsewhere. */
const removeCluster = async (dataDir: string): Promise<void> => {
  const { folder } = await recordOf(dataDir);
  if (folder.startsWith('/')) await rm(dirname(folder), { recursive: true, force: true });
};

const folderOf = async (t: TestContext): Promise<string> => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  return folder.path;
};

test('rows survive a stop, and a server left running is adopted', async (t) => {
  const dataDir = await folderOf(t);
  const first = await start(dataDir);
  await ask(first, 'CREATE TABLE kept AS SELECT 7 AS n');
  assert.equal(first.adopted, false);
  // As after kill -9: nobody stopped the server.
  const second = await start(dataDir);
  assert.equal(second.adopted, true);
  assert.equal(second.url, first.url);
  await second.stop();
  await first.stop();

  const third = await start(dataDir);
  assert.equal(third.adopted, false);
  assert.deepEqual(await ask(third, 'SELECT n FROM kept'), [{ n: 7 }]);
  assert.deepEqual(await ask(third, 'SHOW fsync'), [{ fsync: 'on' }]);
  await third.stop();
});

test('a pid file of a dead server, or of a stranger, does not keep it from starting', async (t) => {
  const dataDir = await folderOf(t);
  await (await start(dataDir)).stop();
  const folder = join(dataDir, 'postgres');
  const pidFile = (pid: number) => `${pid}\n${folder}\n1700000000\n1\n\n127.0.0.1\n`;
  for (const pid of [2 ** 22 + 1, 1]) {
    await writeFile(join(folder, 'postmaster.pid'), pidFile(pid), { mode: 0o644 });
    const postgres = await start(dataDir);
    assert.equal(postgres.adopted, false);
    await postgres.stop();
  }
});

test('a pid file whose number is another process of the same user now does not keep it from starting [D5]', async (t) => {
  const dataDir = await folderOf(t);
  const killed = await start(dataDir);
  await ask(killed, 'CREATE TABLE kept AS SELECT 7 AS n');
  const folder = join(dataDir, 'postgres');
  const pidFile = join(folder, 'postmaster.pid');
  const left = await readFile(pidFile, 'utf8');
  process.kill(Number.parseInt(left, 10), 'SIGKILL');

  const { identity } = await chooseAccount();
  // The second has the folder in its arguments, as an editor or a backup has.
  for (const parameters of [['600'], ['600', '-D', folder]]) {
    const other = spawn('/bin/sh', ['-c', 'sleep "$0"', ...parameters], {
      ...identity,
      stdio: 'ignore',
      cwd: '/',
    });
    t.after(() => other.kill('SIGKILL'));
    await once(other, 'spawn');
    await writeFile(pidFile, left.replace(/^\d+/u, String(other.pid)));
    const postgres = await start(dataDir);
    assert.equal(postgres.adopted, false);
    assert.deepEqual(await ask(postgres, 'SELECT n FROM kept'), [{ n: 7 }]);
    await postgres.stop();
    assert.equal(other.exitCode ?? other.signalCode, null, 'the other process was left alone');
  }
});

/** A folder that the account which root runs the server under cannot enter. */
const lockedFolder = async (t: TestContext): Promise<string> => {
  const outer = await createTestFolder();
  const locked = join(outer.path, 'locked');
  await mkdir(locked);
  await chmod(locked, 0o700);
  t.after(async () => {
    for (const name of await readdir(locked)) await removeCluster(join(locked, name));
    await outer.remove();
  });
  return locked;
};

test('a folder that only its owner may enter works, for root too', async (t) => {
  const dataDir = join(await lockedFolder(t), 'data');
  const postgres = await start(dataDir);
  try {
    assert.deepEqual(await ask(postgres, 'SELECT 1 AS one'), [{ one: 1 }]);
  } finally {
    await postgres.stop();
  }
});

test('a folder that was moved or copied has the rows of then, and shares none with the original', async (t) => {
  const folder = await folderOf(t);
  const place = (name: string) => join(folder, name);
  const first = await start(place('first'));
  await ask(first, 'CREATE TABLE kept AS SELECT 7 AS n');
  await first.stop();
  await rename(place('first'), place('moved'));
  // As earlier versions wrote it.
  const record = { ...(await recordOf(place('moved'))), folder: place('first/postgres') };
  await writeFile(join(place('moved'), 'postgres.json'), JSON.stringify(record));
  await promisify(execFile)('cp', ['-a', place('moved'), place('copied')]);

  for (const name of ['moved', 'copied']) {
    const postgres = await start(place(name));
    assert.deepEqual(await ask(postgres, 'SELECT n FROM kept'), [{ n: 7 }]);
    await ask(postgres, 'UPDATE kept SET n = 8');
    await postgres.stop();
  }
  await assert.rejects(stat(place('first')), { code: 'ENOENT' });
});

test('a database outside of its folder goes with it when that is moved, and not with a copy', async (t) => {
  const locked = await lockedFolder(t);
  const place = (name: string) => join(locked, name);
  await (await start(place('first'))).stop();
  if (!(await recordOf(place('first'))).folder.startsWith('/')) {
    t.skip('the server runs under an account that may enter every folder of ours');
    return;
  }
  await rename(place('first'), place('moved'));
  const moved = await start(place('moved'));
  await moved.stop();
  await cp(place('moved'), place('copied'), { recursive: true });
  await assert.rejects(
    start(place('copied')),
    (error) => error instanceof PostgresStartError && error.code === 'folder-copied',
  );
  await (await start(place('moved'))).stop();
});

test('an interrupted creation of the cluster is begun again', async (t) => {
  const dataDir = await folderOf(t);
  await mkdir(join(dataDir, 'postgres.tmp', 'base'), { recursive: true });
  await writeFile(join(dataDir, 'postgres.pw'), 'left behind');
  const postgres = await start(dataDir);
  assert.deepEqual(await ask(postgres, 'SELECT 1 AS one'), [{ one: 1 }]);
  await postgres.stop();
});

test('a record that is damaged or gone is named, and no other is made for the cluster', async (t) => {
  const dataDir = await folderOf(t);
  await (await start(dataDir)).stop();
  const recordFile = join(dataDir, 'postgres.json');
  const record = await readFile(recordFile, 'utf8');
  const refuses = (state: string) =>
    assert.rejects(
      start(dataDir),
      (error) =>
        error instanceof PostgresStartError &&
        error.code === 'record-unreadable' &&
        error.message.includes(state),
    );
  for (const damaged of [record.slice(0, -10), '{}', '']) {
    await writeFile(recordFile, damaged);
    await refuses('is damaged');
  }
  await rm(recordFile);
  await refuses('is gone');
  await writeFile(recordFile, record);
  await (await start(dataDir)).stop();
});

test('a cluster of another major version is refused and left as it is', async (t) => {
  const dataDir = await folderOf(t);
  await (await start(dataDir)).stop();
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '12\n');
  await assert.rejects(
    start(dataDir),
    (error) => error instanceof PostgresStartError && error.code === 'version-differs',
  );
});

test('programs that end at once, or cannot be run, are told from those that take long', async (t) => {
  const folder = await folderOf(t);
  await mkdir(join(folder, 'bin'));
  const cluster = { folder: join(folder, 'cluster'), user: 'gridseal', password: 'unused' };
  await mkdir(cluster.folder);
  await writeFile(join(cluster.folder, 'PG_VERSION'), '18\n');
  const account = { identity: undefined };
  const binaries = { folder, major: 18 };
  const logFile = join(folder, 'log');
  const startFails = (detail: RegExp) =>
    assert.rejects(startServer(account, binaries, cluster, logFile), { code: 'exited', message: detail });
  const initialiseFails = (detail: RegExp) =>
    assert.rejects(
      initialiseCluster(account, binaries, { ...cluster, folder: join(folder, 'new') }, logFile),
      {
        code: 'initdb-failed',
        message: detail,
      },
    );

  await startFails(/the server could not be run: .*ENOENT/u);
  await initialiseFails(/initdb could not be run: .*ENOENT/u);
  for (const name of ['postgres', 'initdb'])
    await writeFile(join(folder, 'bin', name), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  keepFilesBusy(t);
  await startFails(/the server ended with 3 while starting/u);
  await initialiseFails(/initdb ended with 3/u);
});
