import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type LoggedProcess, spawnLogged } from '../../child-process/spawn-logged.ts';
import { freePort } from '../../net/free-port.ts';
import type { Account } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';
import { disownPidFile, isAlive, isServerOf, readPostmaster } from './postmaster-pid.ts';

/** Where a cluster lives and how to enter it. */
export type Cluster = { readonly folder: string; readonly user: string; readonly password: string };

/** A server that answers. `adopted` says that it was running before us. */
export type RunningServer = { readonly pid: number; readonly port: number; readonly adopted: boolean };

/** Why the embedded PostgreSQL does not run; `logFile` holds what it said. */
export class PostgresStartError extends Error {
  readonly code:
    'initdb-failed' | 'exited' | 'timed-out' | 'version-differs' | 'folder-copied' | 'record-unreadable';
  readonly logFile: string;
  constructor(code: PostgresStartError['code'], detail: string, logFile: string) {
    super(`embedded PostgreSQL: ${detail} (see ${logFile})`);
    this.name = 'PostgresStartError';
    this.code = code;
    this.logFile = logFile;
  }
}

const START_TIMEOUT_MS = 120_000;
const POLL_MS = 50;

/** What an embedded server is run with. Durability is not negotiable; the rest suits one machine. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  dynamic_shared_memory_type: 'mmap',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

const program = (binaries: PostgresBinaries, name: string) =>
  join(binaries.folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);

/** The URL of a database of the cluster. */
export const databaseUrl = (cluster: Cluster, port: number, database: string): string =>
  `postgres://${cluster.user}:${cluster.password}@127.0.0.1:${port}/${database}`;

const answers = async (cluster: Cluster, port: number): Promise<'ready' | 'not-yet' | 'another-cluster'> => {
  const client = new pg.Client({
    connectionString: databaseUrl(cluster, port, 'postgres'),
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>(
      "SELECT current_setting('data_directory') AS folder",
    );
    return rows[0]?.folder === cluster.folder ? 'ready' : 'another-cluster';
  } catch (error) {
    return error instanceof pg.DatabaseError && error.code === '28P01' ? 'another-cluster' : 'not-yet';
  } finally {
    await client.end().catch(() => undefined);
  }
};

/**
 * The server that outlived the process which started it, if `postmaster.pid` and the server's own
 * `data_directory` agree. One that is just shutting down is waited for.
 */
export const findSurvivor = async (cluster: Cluster, logFile: string): Promise<RunningServer | undefined> => {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const found = await readPostmaster(cluster.folder);
    if (found === undefined || !(await isServerOf(found.pid, cluster.folder))) return undefined;
    const state = await answers(cluster, found.port);
    if (state === 'ready') return { ...found, adopted: true };
    if (state === 'another-cluster') return undefined;
    if (Date.now() > deadline)
      throw new PostgresStartError(
        'timed-out',
        `process ${found.pid} holds the cluster and does not answer`,
        logFile,
      );
    await delay(POLL_MS);
  }
};

const run = (
  account: Account,
  command: string,
  parameters: readonly string[],
  logFile: string,
): Promise<LoggedProcess> =>
  spawnLogged(command, parameters, {
    logFile,
    identity: account.identity,
    cwd: '/',
    detached: true,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  });

/** Creates a cluster; it appears at its place only when complete. */
export const initialiseCluster = async (
  account: Account,
  binaries: PostgresBinaries,
  cluster: Cluster,
  logFile: string,
): Promise<void> => {
  const parent = dirname(cluster.folder);
  const unfinished = `${cluster.folder}.tmp`;
  const passwordFile = `${cluster.folder}.pw`;
  await mkdir(parent, { recursive: true, mode: 0o711 });
  await rm(unfinished, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, cluster.password, { mode: 0o600, flag: 'wx' });
  if (account.identity !== undefined) {
    await chown(unfinished, account.identity.uid, account.identity.gid);
    await chown(passwordFile, account.identity.uid, account.identity.gid);
  }
  try {
    const parameters = [
      '-D',
      unfinished,
      '-U',
      cluster.user,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
    ];
    parameters.push('-E', 'UTF8', '--locale=C', '--data-checksums');
    const ending = await (await run(account, program(binaries, 'initdb'), parameters, logFile)).ended;
    if (ending !== 'ended with 0') throw new PostgresStartError('initdb-failed', `initdb ${ending}`, logFile);
    await rename(unfinished, cluster.folder);
    const folder = await open(parent, 'r');
    await folder.sync().finally(() => folder.close());
  } finally {
    await rm(passwordFile, { force: true });
  }
};

/** A server that was killed leaves its file, and processes that hold its memory until they notice. */
const ORPHANS_END_MS = 20_000;

/** Starts the cluster's server on a free loopback port and waits until it answers. */
export const startServer: typeof startOnce = async (account, binaries, cluster, logFile) => {
  const wasKilled = (await readPostmaster(cluster.folder)) !== undefined;
  const deadline = Date.now() + ORPHANS_END_MS;
  for (;;) {
    await disownPidFile(cluster.folder);
    try {
      return await startOnce(account, binaries, cluster, logFile);
    } catch (error) {
      const mayBeHeld = wasKilled && error instanceof PostgresStartError && error.code === 'exited';
      if (!mayBeHeld || Date.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
};

const startOnce = async (
  account: Account,
  binaries: PostgresBinaries,
  cluster: Cluster,
  logFile: string,
): Promise<RunningServer> => {
  const version = (await readFile(join(cluster.folder, 'PG_VERSION'), 'utf8')).trim();
  if (version !== String(binaries.major))
    throw new PostgresStartError(
      'version-differs',
      `the cluster is of version ${version}, the programs of ${binaries.major}`,
      logFile,
    );
  const port = await freePort();
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const { child, ended, ending } = await run(
    account,
    program(binaries, 'postgres'),
    ['-D', cluster.folder, ...settings],
    logFile,
  );
  child.unref();
  const deadline = Date.now() + START_TIMEOUT_MS;
  while ((await answers(cluster, port)) !== 'ready') {
    if (ending() !== undefined)
      throw new PostgresStartError('exited', `the server ${ending()} while starting`, logFile);
    if (Date.now() > deadline)
      throw new PostgresStartError('timed-out', 'the server did not answer in time', logFile);
    await Promise.race([ended, delay(POLL_MS)]);
  }
  if (child.pid === undefined) throw new PostgresStartError('exited', 'the server has no process', logFile);
  return { pid: child.pid, port, adopted: false };
};

/** Stops a server by its process id: open transactions are rolled back, and the files left clean. */
export const stopServer = async (server: RunningServer, logFile: string): Promise<void> => {
  if (!isAlive(server.pid)) return;
  process.kill(server.pid, 'SIGINT');
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (isAlive(server.pid)) {
    if (Date.now() > deadline)
      throw new PostgresStartError('timed-out', `process ${server.pid} does not stop`, logFile);
    await delay(POLL_MS);
  }
};
