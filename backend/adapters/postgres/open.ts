import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../config.ts';
import type { Lifetime } from '../../lifetime.ts';
import type { DurableFiles } from '../durable-file/durable-files.ts';
import type { Logger } from '../logger/logger.ts';
import { untilReady } from '../../worker/until-ready.ts';
import { type Database, openDatabase } from './database.ts';
import { startEmbeddedPostgres } from './embedded/embedded-postgres.ts';
import { databaseAwayBecause } from './errors.ts';
import type { Replication } from './replication.ts';
import { checkDatabaseRequirements } from './requirements.ts';

/** Thrown when another process of this service uses the data folder. */
export class DataFolderBusyError extends Error {
  readonly code = 'data-folder-busy';
  readonly folder: string;
  constructor(folder: string) {
    super(`another Gridseal is running on ${folder}: stop it, or choose another DATA_DIR`);
    this.name = 'DataFolderBusyError';
    this.folder = folder;
  }
}

const OWNER_LOCK = 7_031_872_640_915n;
const LOCK_ATTEMPTS = 50;
const LOCK_PAUSE_MS = 100;

/** One process owns the embedded parts of a data folder. A killed owner's lock goes with its connection. */
const claim = async (database: Database, folder: string, lifetime: Lifetime): Promise<void> => {
  const session = await database.session();
  for (let attempt = 1; attempt <= LOCK_ATTEMPTS; attempt += 1) {
    const [row] = await session.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [
      OWNER_LOCK,
    ]);
    if (row?.got === true) {
      lifetime.own('data folder claim', session.release);
      return;
    }
    await delay(LOCK_PAUSE_MS);
  }
  await session.release();
  throw new DataFolderBusyError(folder);
};

/**
 * The configured database, checked and connected; the embedded one is started and claimed.
 *
 * @throws DataFolderBusyError, DatabaseRequirementError, DatabaseError and what the embedded server throws
 */
export const openConfiguredDatabase = async (options: {
  readonly config: Config;
  readonly files: DurableFiles;
  readonly logger: Logger;
  readonly lifetime: Lifetime;
  /** Ends the wait for an external database that does not answer yet. */
  readonly signal?: AbortSignal | undefined;
}): Promise<Database> => {
  const { config, files, logger, lifetime, signal } = options;
  const open = (url: string, replication: Replication) =>
    openDatabase({ url, poolSize: config.databasePoolSize, replication, logger });
  if (config.database.kind === 'external') {
    const { url, replication } = config.database;
    await untilReady({
      part: 'the database',
      attempt: () => checkDatabaseRequirements(url, replication),
      awayBecause: databaseAwayBecause,
      logger,
      signal,
    });
    const database = open(url, replication);
    lifetime.own('database', database.close);
    return database;
  }
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, files, logger });
  const database = open(server.url, 'any');
  try {
    // Stops last: the server after its pool, and neither before the claim is held.
    const claimed: { stop: () => Promise<void> } = { stop: async () => undefined };
    // It may have much to write.
    lifetime.own('PostgreSQL', () => claimed.stop(), { endsByItself: true });
    lifetime.own('database', database.close);
    await claim(database, config.dataDir, lifetime);
    claimed.stop = server.stop;
    return database;
  } catch (error) {
    if (!(error instanceof DataFolderBusyError)) await server.stop();
    throw error;
  }
};
