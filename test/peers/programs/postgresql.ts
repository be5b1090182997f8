import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { chooseAccount } from '../../../backend/adapters/postgres/embedded/account.ts';
import { freePorts } from './ports.ts';
import { runOrThrow } from './run.ts';

/** Debian keeps the programs of each version apart, and out of PATH. */
const VERSIONS = '/usr/lib/postgresql';

/** Debian's PostgreSQL, or undefined where it is not installed. */
export const POSTGRESQL = ((): string | undefined => {
  try {
    const [newest] = readdirSync(VERSIONS).toSorted((a, b) => Number(b) - Number(a));
    return newest === undefined ? undefined : join(VERSIONS, newest, 'bin');
  } catch {
    return undefined;
  }
})();

const PASSWORD = 'postgres secret';
const READY_WITHIN_MS = 60_000;
/** Only named standbys count: `*` would count the connection of a pg_basebackup under way as well. */
const STANDBYS = ['gridseal_a', 'gridseal_b'] as const;
export type NodeName = (typeof STANDBYS)[number];

/** What both servers of a pair run with, whichever is the primary: docs/guide/scale.md shows it. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  synchronous_commit: 'on',
  synchronous_standby_names: `ANY 1 (${STANDBYS.join(', ')})`,
  wal_receiver_timeout: '5s',
  wal_sender_timeout: '5s',
  wal_retrieve_retry_interval: '200ms',
  shared_buffers: '64MB',
  max_connections: '120',
};

/** One PostgreSQL server, primary or standby, with an address of its own. */
export type PostgresNode = {
  readonly name: NodeName;
  readonly url: string;
  /** Makes an empty cluster, as a primary whose commits wait for the other node. */
  readonly create: () => Promise<void>;
  /** Makes a copy of the primary, to run as its synchronous standby. */
  readonly copyFrom: (primary: PostgresNode) => Promise<void>;
  readonly start: () => Promise<void>;
  /** Makes the primary of a standby. */
  readonly promote: () => Promise<void>;
  /** Ends every process of it without warning. */
  readonly kill: () => Promise<void>;
  /** Lets no process of it run: it answers nobody, and keeps every connection. */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Ends it as an administrator does, if it runs. */
  readonly stop: () => Promise<void>;
  /** Runs SQL on a connection of its own. */
  readonly ask: <Row extends object>(sql: string, within?: number) => Promise<Row[]>;
  /** As the standby is told of its primary. */
  readonly conninfo: string;
};

/** The processes of a server: PostgreSQL gives each connection one, of its own group. */
const processesOf = async (postmaster: number): Promise<readonly number[]> => {
  const pids = (await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')).trim();
  return [postmaster, ...pids.split(' ').filter(Boolean).map(Number)];
};

/** A server whose process is gone needs no signal. */
const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};

/**
 * A server that does not run yet, below a folder that its account may enter.
 *
 * @param programs {@link POSTGRESQL}
 */
export const postgresNode = async (
  programs: string,
  folder: string,
  name: NodeName,
): Promise<PostgresNode> => {
  const { identity } = await chooseAccount();
  const [port = 0] = await freePorts(1);
  const cluster = join(folder, name);
  const passwordFile = join(folder, `${name}.password`);
  const connection = { host: '127.0.0.1', port, user: 'postgres', password: PASSWORD };
  const conninfo = `host=127.0.0.1 port=${port} user=postgres password='${PASSWORD}' connect_timeout=2`;
  const url = `postgres://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/postgres`;
  let server: { readonly child: ChildProcess; readonly ended: Promise<unknown> } | undefined;
  const said: string[] = [];
  let source: string | undefined;

  const run = (program: string, args: readonly string[]) =>
    runOrThrow(join(programs, program), args, {
      cwd: '/',
      env: { LC_ALL: 'C', PGPASSWORD: PASSWORD },
      ...(identity === undefined ? {} : { identity }),
    });

  const emptyFolder = async (): Promise<void> => {
    await rm(cluster, { recursive: true, force: true });
    await mkdir(cluster, { mode: 0o700 });
    if (identity !== undefined) await chown(cluster, identity.uid, identity.gid);
  };

  const ask = async <Row extends object>(sql: string, within = 10_000): Promise<Row[]> => {
    const client = new pg.Client({
      ...connection,
      database: 'postgres',
      connectionTimeoutMillis: within,
      query_timeout: within,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(sql)).rows;
    } finally {
      void client.end().catch(() => undefined);
    }
  };

  const running = (): NonNullable<typeof server> => {
    if (server === undefined) throw new Error(`${name} does not run`);
    return server;
  };

  return {
    name,
    url,
    conninfo,
    ask,
    create: async () => {
      await emptyFolder();
      await writeFile(passwordFile, PASSWORD, { mode: 0o600 });
      if (identity !== undefined) await chown(passwordFile, identity.uid, identity.gid);
      await run(
        'initdb',
        ['-D', cluster, '-U', 'postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'].concat([
          '-E',
          'UTF8',
          '--locale=C',
          '--data-checksums',
          '--no-sync',
        ]),
      );
      source = undefined;
    },
    copyFrom: async (primary) => {
      await emptyFolder();
      // The slot keeps what the standby has not got yet; one of an earlier standby of that name is in the way.
      await primary.ask(
        `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${name}' AND NOT active`,
      );
      await run(
        'pg_basebackup',
        ['-D', cluster, '-d', primary.conninfo, '-X', 'stream', '-c', 'fast', '--no-sync'].concat([
          '-C',
          '-S',
          name,
        ]),
      );
      await writeFile(join(cluster, 'standby.signal'), '');
      source = primary.conninfo;
    },
    start: async () => {
      const settings = {
        ...SETTINGS,
        port: String(port),
        // The name by which the primary counts it among its synchronous standbys.
        cluster_name: name,
        ...(source === undefined ? {} : { primary_conninfo: source, primary_slot_name: name }),
      };
      const child = spawn(
        join(programs, 'postgres'),
        ['-D', cluster, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
        {
          cwd: '/',
          env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
          stdio: ['ignore', 'pipe', 'pipe'],
          ...identity,
        },
      );
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          said.push(chunk.toString('utf8'));
          if (said.length > 100) said.shift();
        });
      const started = { child, ended: once(child, 'exit') };
      server = started;
      const deadline = Date.now() + READY_WITHIN_MS;
      while ((await ask('SELECT 1', 2_000).catch(() => [])).length === 0) {
        if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline)
          throw new Error(`${name} does not start:\n${said.join('').slice(-4_000)}`);
        await sleep(50);
      }
    },
    promote: async () => {
      const [row] = await ask<{ done: boolean }>('SELECT pg_promote(true, 30) AS done', 40_000);
      if (row?.done !== true) throw new Error(`${name} was not promoted`);
      source = undefined;
    },
    kill: async () => {
      const { child, ended } = running();
      for (const pid of await processesOf(child.pid!)) signal(pid, 'SIGKILL');
      await ended;
      server = undefined;
    },
    pause: async () => {
      for (const pid of await processesOf(running().child.pid!)) signal(pid, 'SIGSTOP');
    },
    resume: async () => {
      for (const pid of await processesOf(running().child.pid!)) signal(pid, 'SIGCONT');
    },
    stop: async () => {
      if (server === undefined) return;
      const { child, ended } = server;
      for (const pid of await processesOf(child.pid!)) signal(pid, 'SIGCONT');
      signal(child.pid!, 'SIGINT');
      const late = setTimeout(() => signal(child.pid!, 'SIGQUIT'), 20_000);
      await ended;
      clearTimeout(late);
      server = undefined;
    },
  };
};

/** Waits until the primary counts the standby as synchronous: until then no commit of it is acknowledged. */
export const untilSynchronous = async (primary: PostgresNode, standby: PostgresNode): Promise<void> => {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const rows = await primary.ask<{ sync_state: string }>(
      `SELECT sync_state FROM pg_stat_replication WHERE application_name = '${standby.name}' AND state = 'streaming'`,
    );
    if (rows.some(({ sync_state }) => ['sync', 'quorum'].includes(sync_state))) return;
    if (Date.now() > deadline) throw new Error(`${standby.name} does not stream from ${primary.name}`);
    await sleep(50);
  }
};
