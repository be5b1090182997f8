import { createHash, randomBytes } from 'node:crypto';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import type { DurableFiles } from '../../durable-file/durable-files.ts';
import type { Logger } from '../../logger/logger.ts';
import { type Account, canReach, chooseAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import {
  type Cluster,
  databaseUrl,
  findSurvivor,
  initialiseCluster,
  startServer,
  stopServer,
} from './server.ts';

/** The PostgreSQL that comes from npm, running on loopback. */
export type EmbeddedPostgres = {
  /** URL of the service's own database. */
  readonly url: string;
  readonly urlOf: (database: string) => string;
  /** Whether the server was already running, left by a process that was killed. */
  readonly adopted: boolean;
  /** Stops the server cleanly, an adopted one too. */
  readonly stop: () => Promise<void>;
};

const DATABASE = 'gridseal';
const SYSTEM_STATE = '/var/lib/gridseal';

const clusterRecord = z.strictObject({ folder: z.string(), user: z.string(), password: z.string() });

const chooseFolder = async (account: Account, dataDir: string): Promise<string> => {
  const inside = join(dataDir, 'postgres');
  if (await canReach(account, inside)) return inside;
  const mark = createHash('sha256').update(dataDir).update(randomBytes(8)).digest('hex').slice(0, 16);
  return join(SYSTEM_STATE, mark, 'postgres');
};

const readCluster = async (files: DurableFiles, account: Account, dataDir: string): Promise<Cluster> => {
  const recordFile = join(dataDir, 'postgres.json');
  // A cluster whose record is gone after a power cut would be taken for none, and a new one begun.
  await files.settle(dataDir);
  const bytes = await files.read(recordFile);
  if (bytes !== undefined) return clusterRecord.parse(JSON.parse(new TextDecoder().decode(bytes)));
  const folder = await chooseFolder(account, dataDir);
  const cluster = { folder, user: 'gridseal', password: randomBytes(24).toString('hex') };
  await files.create(recordFile, `${JSON.stringify(cluster, null, 2)}\n`);
  return cluster;
};

const ensureDatabase = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
};

/**
 * Starts the embedded PostgreSQL of a data folder, or adopts the one that outlived a killed
 * process. Creates the cluster on first use.
 *
 * @throws PostgresStartError, PostgresMissingError, AccountMissingError
 * @example
 * const postgres = await startEmbeddedPostgres({ dataDir: '/var/lib/gridseal', files, logger });
 * const database = openDatabase({ url: postgres.url, poolSize: 16, logger });
 */
export const startEmbeddedPostgres = async (options: {
  readonly dataDir: string;
  readonly files: DurableFiles;
  readonly logger: Logger;
}): Promise<EmbeddedPostgres> => {
  await mkdir(options.dataDir, { recursive: true, mode: 0o711 });
  const dataDir = await realpath(options.dataDir);
  const logFile = join(dataDir, 'postgres.log');
  const account = await chooseAccount();
  const binaries = await findBinaries(account, SYSTEM_STATE);
  const cluster = await readCluster(options.files, account, dataDir);
  if ((await stat(cluster.folder).catch(() => undefined)) === undefined) {
    options.logger.info({ folder: cluster.folder }, 'creating the database cluster');
    await initialiseCluster(account, binaries, cluster, logFile);
    await options.files.settle(dirname(cluster.folder));
  }
  const server =
    (await findSurvivor(cluster, logFile)) ?? (await startServer(account, binaries, cluster, logFile));
  const urlOf = (database: string) => databaseUrl(cluster, server.port, database);
  await ensureDatabase(urlOf('postgres'));
  options.logger.info({ port: server.port, adopted: server.adopted }, 'PostgreSQL answers');
  return { url: urlOf(DATABASE), urlOf, adopted: server.adopted, stop: () => stopServer(server, logFile) };
};
