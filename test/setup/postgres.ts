import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDurableFiles } from '../../backend/adapters/durable-file/durable-files.ts';
import { createLogger } from '../../backend/adapters/logger/logger.ts';
import { type Database, openDatabase } from '../../backend/adapters/postgres/database.ts';
import { startEmbeddedPostgres } from '../../backend/adapters/postgres/embedded/embedded-postgres.ts';
import { migrate } from '../../backend/adapters/postgres/migrations.ts';

/** A logger for tests: silent unless TEST_LOG_LEVEL says otherwise. */
export const testLogger = createLogger({
  level: process.env.TEST_LOG_LEVEL === 'debug' ? 'debug' : 'silent',
});

/** A folder of its own that the embedded PostgreSQL's account may enter, removed by `remove`. */
export const createTestFolder = async (): Promise<{ path: string; remove: () => Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'gridseal-test-'));
  await chmod(path, 0o711);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};

export const TEMPLATE = 'gridseal_template';

/** A PostgreSQL server for tests, without any database of ours in it. */
const startServer = async () => {
  const folder = await createTestFolder();
  const server = await startEmbeddedPostgres({
    dataDir: folder.path,
    files: createDurableFiles(),
    logger: testLogger,
  });
  return {
    adminUrl: server.urlOf('postgres'),
    stop: async () => {
      await server.stop();
      await folder.remove();
    },
  };
};

/** A server with its administrator's URL; `stop` leaves nothing behind. */
export type TestPostgres = { readonly adminUrl: string; readonly stop: () => Promise<void> };

/** A PostgreSQL server for a run of tests, with the migrated template that databases are copied from. */
export const startTestPostgres = async (): Promise<TestPostgres> => {
  const server = await startServer();
  try {
    await createTemplate(server.adminUrl);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
};

const createTemplate = async (adminUrl: string): Promise<void> => {
  await administer(adminUrl, `CREATE DATABASE ${TEMPLATE}`);
  const template = openDatabase({ url: urlOf(adminUrl, TEMPLATE), poolSize: 1, logger: testLogger });
  try {
    await migrate(template);
  } finally {
    await template.close();
  }
};

/** URL of a database of the server. */
export const urlOf = (adminUrl: string, database: string): string => {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
};

const administer = async (adminUrl: string, sql: string): Promise<void> => {
  const admin = openDatabase({ url: adminUrl, poolSize: 1, logger: testLogger });
  try {
    await admin.query(sql);
  } finally {
    await admin.close();
  }
};

/** A migrated database of its own. `close` drops it. */
export type TestDatabase = {
  readonly database: Database;
  readonly url: string;
  readonly close: () => Promise<void>;
};

let counter = 0;

const sharedServer = () => {
  const adminUrl = process.env.GRIDSEAL_TEST_DATABASE_URL;
  return adminUrl === undefined ? undefined : { adminUrl, stop: async () => undefined };
};

/** The run's server when the global setup started one, a server of its own otherwise. */
export const openTestPostgres = async (): Promise<TestPostgres> => sharedServer() ?? startTestPostgres();

const createOn = async (server: TestPostgres, template: string) => {
  counter += 1;
  const name = `test_${process.pid}_${counter}`;
  await administer(server.adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = urlOf(server.adminUrl, name);
  const database = openDatabase({ url, poolSize: 8, logger: testLogger });
  const close = async () => {
    await database.close();
    await administer(server.adminUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    await server.stop();
  };
  return { database, url, close };
};

/**
 * A fresh database, copied from the migrated template. It uses the run's server when the global
 * setup started one, and a server of its own otherwise.
 *
 * @example
 * const { database, close } = await createTestDatabase();
 * after(close);
 */
export const createTestDatabase = async (): Promise<TestDatabase> =>
  createOn(await openTestPostgres(), TEMPLATE);

/** As {@link createTestDatabase}, without any table. */
export const createEmptyTestDatabase = async (): Promise<TestDatabase> =>
  createOn(sharedServer() ?? (await startServer()), 'template0');
