import pg from 'pg';

/**
 * What a failed database operation means to its caller.
 *
 * - `serialization`, `deadlock`: nothing happened; running the transaction again may succeed.
 * - `unavailable`: nothing happened because the server could not be reached.
 * - `outcome-unknown`: the connection ended while a commit was under way. Read before trying again.
 * - `constraint`: a constraint refused the row; `constraint` names it.
 * - `rejected`: the server refused the statement for another reason; `sqlState` tells which.
 */
export type DatabaseErrorCode =
  'serialization' | 'deadlock' | 'unavailable' | 'outcome-unknown' | 'constraint' | 'rejected';

const RETRYABLE: readonly DatabaseErrorCode[] = ['serialization', 'deadlock', 'unavailable'];

/** A failed query or transaction. `cause` is what the driver threw. */
export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode;
  /** Whether the same transaction may be run again without reading anything first. */
  readonly retryable: boolean;
  readonly sqlState: string | undefined;
  readonly constraint: string | undefined;

  constructor(code: DatabaseErrorCode, cause: unknown) {
    super(`${code}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'DatabaseError';
    this.code = code;
    this.retryable = RETRYABLE.includes(code);
    this.sqlState = cause instanceof pg.DatabaseError ? cause.code : undefined;
    this.constraint = cause instanceof pg.DatabaseError ? cause.constraint : undefined;
  }
}

const READ_ONLY = '25006';

const codeOf = (sqlState: string | undefined): DatabaseErrorCode => {
  if (sqlState === '40001') return 'serialization';
  if (sqlState === '40P01' || sqlState === '55P03') return 'deadlock';
  if (
    sqlState === undefined ||
    sqlState.startsWith('08') ||
    sqlState.startsWith('57P') ||
    sqlState.startsWith('53') ||
    // A standby: its primary takes what it refuses.
    sqlState === READ_ONLY
  )
    return 'unavailable';
  return sqlState.startsWith('23') ? 'constraint' : 'rejected';
};

/** Gives a driver error its meaning. Errors that do not come from the driver pass through. */
export const toDatabaseError = (error: unknown): unknown => {
  if (error instanceof DatabaseError) return error;
  if (error instanceof pg.DatabaseError) return new DatabaseError(codeOf(error.code), error);
  return isConnectionLoss(error) ? new DatabaseError('unavailable', error) : error;
};

const CONNECTION_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

const isConnectionLoss = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && CONNECTION_CODES.includes(String(error.code))) ||
    /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Client was closed and is not queryable)/.test(
      error.message,
    ));

/** Why a database could not be asked, in words without its address; `undefined` where waiting does not heal it. */
export const databaseAwayBecause = (error: unknown): string | undefined => {
  const known = toDatabaseError(error);
  if (!(known instanceof DatabaseError) || known.code !== 'unavailable') return undefined;
  const { cause } = known;
  if (typeof cause === 'string') return cause.replace(/^the database /u, '');
  const code =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return code === undefined ? 'does not answer' : `does not answer (${code})`;
};
