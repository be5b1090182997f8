import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import type { Database, Queryable } from './database.ts';

/** Why the database schema cannot be brought to what this version needs. */
export type MigrationErrorCode =
  'name-malformed' | 'number-taken-twice' | 'changed-after-applied' | 'from-a-newer-version' | 'refused';

/** Thrown by {@link migrate}; `migration` is the file at fault. Nothing after it was applied. */
export class MigrationError extends Error {
  readonly code: MigrationErrorCode;
  readonly migration: string;

  constructor(code: MigrationErrorCode, migration: string, cause?: unknown) {
    super(`migration ${migration}: ${cause instanceof Error ? cause.message : code}`, { cause });
    this.name = 'MigrationError';
    this.code = code;
    this.migration = migration;
  }
}

type Migration = {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
};

/** Any fixed number; it keeps two services from migrating one database at once. */
const MIGRATION_LOCK = 7_031_872_640_914n;

const load = async (folder: URL): Promise<Migration[]> => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const migrations: Migration[] = [];
  for (const name of files) {
    const number = /^(\d{3})-[a-z0-9-]+\.sql$/.exec(name)?.[1];
    if (number === undefined) throw new MigrationError('name-malformed', name);
    if (migrations.at(-1)?.number === Number(number)) throw new MigrationError('number-taken-twice', name);
    const sql = await readFile(new URL(name, folder), 'utf8');
    migrations.push({
      number: Number(number),
      name,
      sql,
      sha256: createHash('sha256').update(sql).digest('hex'),
    });
  }
  return migrations;
};

const applyMissing = async (tx: Queryable, migrations: readonly Migration[]): Promise<string[]> => {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  await tx.query(`CREATE TABLE IF NOT EXISTS migrations (
    number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now())`);
  const applied = await tx.query<{ number: number; name: string; sha256: string }>(
    'SELECT number, name, sha256 FROM migrations',
  );
  const known = new Map(migrations.map((migration) => [migration.number, migration]));
  for (const row of applied) {
    const migration = known.get(row.number);
    if (migration === undefined) throw new MigrationError('from-a-newer-version', row.name);
    if (migration.sha256 !== row.sha256) throw new MigrationError('changed-after-applied', row.name);
  }
  const done = new Set(applied.map((row) => row.number));
  const missing = migrations.filter((migration) => !done.has(migration.number));
  for (const { number, name, sql, sha256 } of missing) {
    await tx.query(sql).catch((error: unknown) => {
      throw new MigrationError('refused', name, error);
    });
    await tx.query('INSERT INTO migrations (number, name, sha256) VALUES ($1, $2, $3)', [
      number,
      name,
      sha256,
    ]);
  }
  return missing.map((migration) => migration.name);
};

/** Where this version's migrations are: `NNN-name.sql`, applied in order of their number. */
export const MIGRATIONS_FOLDER = new URL('../../migrations/', import.meta.url);

/**
 * Brings the schema up to date: all missing migrations in one transaction, under a lock.
 *
 * @returns names of the migrations applied now, in order
 * @throws MigrationError when an applied file changed, or the database is from a newer version
 */
export const migrate = async (database: Database, folder: URL = MIGRATIONS_FOLDER): Promise<string[]> => {
  const migrations = await load(folder);
  return database.transaction((tx) => applyMissing(tx, migrations));
};
