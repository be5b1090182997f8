import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { DurableFiles } from '../../durable-file/durable-files.ts';
import type { Logger } from '../../logger/logger.ts';
import { chooseAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { clusterOf, SYSTEM_STATE } from './cluster-record.ts';
import { databaseUrl, findSurvivor, initialiseCluster, startServer, stopServer } from './server.ts';

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
  const cluster = await clusterOf(options.files, account, dataDir);
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
