import { existsSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { equal } from '@gridseal/protocol/bytes';
import type { Queryable } from '../postgres/database.ts';
import type { PeriodKey } from './period-keys.ts';

/** Thrown when another service on the same database has another key for a period. */
export class PeriodKeyDiffersError extends Error {
  override readonly name = 'PeriodKeyDiffersError';
  readonly code = 'period-key-differs';
  readonly period: string;
  constructor(period: string) {
    super(
      `this database was used with another key for period ${period}: give all services on it the same PERIOD_KEY_DIR, and ` +
        'put back what was lost of it, or what was sealed with the other key is never opened again',
    );
    this.period = period;
  }
}

const TAG = 'gridseal period key';
const FINGERPRINT = 16;

/**
 * Makes sure that a period's key is the one that every service on the database uses, before anything is sealed under it.
 *
 * @throws PeriodKeyDiffersError
 */
export const registerPeriodKey = async (database: Queryable, { period, key }: PeriodKey): Promise<void> => {
  const fingerprint = createHash('sha256').update(TAG).update(key).digest().subarray(0, FINGERPRINT);
  await database.execute(
    'INSERT INTO period_key (period, fingerprint) VALUES ($1, $2) ON CONFLICT (period) DO NOTHING',
    [period, fingerprint],
  );
  const [row] = await database.query<{ fingerprint: Uint8Array }>(
    'SELECT fingerprint FROM period_key WHERE period = $1',
    [period],
  );
  if (row === undefined || !equal(row.fingerprint, fingerprint)) throw new PeriodKeyDiffersError(period);
};

/** Thrown when the folder of the period keys is gone, for example because its disk is not mounted. */
export class PeriodFolderMissingError extends Error {
  readonly code = 'period-folder-missing';
  readonly folder: string;
  constructor(folder: string) {
    super(
      `the period keys of this database were in ${folder}, which is not there: put it back, or set PERIOD_KEY_DIR to where it is. ` +
        'If they are lost for good, make an empty folder of that name: payloads that they sealed stay closed',
    );
    this.name = 'PeriodFolderMissingError';
    this.folder = folder;
  }
}

/**
 * Makes sure that the folder of the period keys is there once a database was used with one.
 *
 * @throws PeriodFolderMissingError
 */
export const requirePeriodFolder = async (database: Queryable, folder: string): Promise<void> => {
  if (existsSync(folder)) return;
  const [known] = await database.query('SELECT 1 FROM period_key LIMIT 1');
  if (known !== undefined) throw new PeriodFolderMissingError(folder);
};
