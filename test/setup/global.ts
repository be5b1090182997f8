// Servers that a whole run of tests shares: node --test --test-global-setup=test/setup/global.ts
import { type TestPostgres, startTestPostgres } from './postgres.ts';

let postgres: TestPostgres | undefined;

/** Starts PostgreSQL once; test files find it by its URL and copy databases from its template. */
export const globalSetup = async (): Promise<void> => {
  postgres = await startTestPostgres();
  process.env.GRIDSEAL_TEST_DATABASE_URL = postgres.adminUrl;
};

export const globalTeardown = async (): Promise<void> => {
  await postgres?.stop();
};
