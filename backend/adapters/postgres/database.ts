import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../logger/logger.ts';
import { DatabaseError, toDatabaseError } from './errors.ts';
import { requirePrimary, requireReplicated, WRITE_SOMETHING, type Replication } from './replication.ts';

/** A value a query can carry. `bigint` goes to `int8` and `numeric`, bytes go to `bytea`. */
export type SqlValue = string | number | bigint | boolean | Uint8Array | Date | null | readonly SqlValue[];

/** Runs SQL: the pool, a transaction or a session. `int8` columns arrive as `bigint`, `bytea` as bytes. */
export type Queryable = {
  /** @returns the rows. @throws DatabaseError */
  readonly query: <Row extends object = Record<string, never>>(
    sql: string,
    values?: readonly SqlValue[],
  ) => Promise<Row[]>;
  /** @returns how many rows a statement touched. @throws DatabaseError */
  readonly execute: (sql: string, values?: readonly SqlValue[]) => Promise<number>;
};

/** How a transaction runs. `attempts` counts runs after errors that are safe to retry; 1 unless told otherwise. */
export type TransactionOptions = {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly attempts?: number;
  /**
   * `settled`: resolves when a synchronous standby has all that was read. What others committed is seen before that, when a
   * server was restarted while they waited or their waiting was cancelled. `visible` unless told otherwise.
   */
  readonly reads?: 'visible' | 'settled';
};

/** A connection of one's own, for advisory locks and LISTEN. It is closed, not reused, at release. */
export type Session = Queryable & {
  /** Resolves when the connection is gone, by release or by loss: every session lock is gone with it. */
  readonly closed: Promise<void>;
  readonly onNotification: (listener: (channel: string, payload: string) => void) => void;
  readonly release: () => Promise<void>;
};

/** A PostgreSQL database. */
export type Database = Queryable & {
  /**
   * Runs `work` in a transaction: commits when it resolves, rolls back when it rejects.
   *
   * @throws DatabaseError `outcome-unknown` when the connection ended during commit, or the server gave up waiting for its
   *   synchronous standby
   */
  readonly transaction: <T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions) => Promise<T>;
  readonly session: () => Promise<Session>;
  readonly url: string;
  readonly close: () => Promise<void>;
};

const INT8 = 20;
/** A server that is gone without a word closes nothing. */
const CLOSE_MS = 2_000;
const CONNECT_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): ((text: string) => unknown) =>
    oid === INT8 && format !== 'binary'
      ? BigInt
      : (pg.types.getTypeParser as (oid: number, format?: string) => (text: string) => unknown)(oid, format),
};

const toDriver = (value: SqlValue): unknown => {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array && !Buffer.isBuffer(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return Array.isArray(value) ? value.map(toDriver) : value;
};

type Run = (sql: string, values: readonly SqlValue[]) => Promise<pg.QueryResult>;

const queryableOver = (run: Run): Queryable => ({
  query: async <Row extends object>(sql: string, values: readonly SqlValue[] = []) =>
    (await run(sql, values)).rows as Row[],
  execute: async (sql, values = []) => (await run(sql, values)).rowCount ?? 0,
});

const runOn =
  (client: pg.ClientBase): Run =>
  async (sql, values) => {
    try {
      const result = await client.query(sql, values.map(toDriver));
      requireReplicated(client);
      return result;
    } catch (error) {
      throw toDatabaseError(error);
    }
  };

const runInPool =
  (pool: pg.Pool): Run =>
  async (sql, values) => {
    const client = await connect(pool);
    let sound = false;
    try {
      const result = await runOn(client)(sql, values);
      sound = true;
      return result;
    } finally {
      client.release(!sound);
    }
  };

const commit = async (client: pg.PoolClient): Promise<void> => {
  try {
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT')
      throw new DatabaseError('rejected', 'a failed statement was ignored inside the transaction');
    requireReplicated(client);
  } catch (error) {
    const known = toDatabaseError(error);
    throw known instanceof DatabaseError && known.code === 'unavailable'
      ? new DatabaseError('outcome-unknown', error)
      : known;
  }
};

const runTransaction = async <T>(
  pool: pg.Pool,
  work: (tx: Queryable) => Promise<T>,
  { isolation, reads }: Required<Pick<TransactionOptions, 'isolation' | 'reads'>>,
): Promise<T> => {
  const client = await connect(pool);
  let broken: Error | undefined;
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    const result = await work(queryableOver(runOn(client)));
    if (reads === 'settled') await client.query(WRITE_SOMETHING);
    await commit(client);
    return result;
  } catch (error) {
    broken = await client.query('ROLLBACK').then(
      () => undefined,
      (lost: unknown) => (lost instanceof Error ? lost : new Error(String(lost))),
    );
    throw toDatabaseError(error);
  } finally {
    client.release(broken);
  }
};

const connect = async (pool: pg.Pool): Promise<pg.PoolClient> => {
  try {
    return await pool.connect();
  } catch (error) {
    throw toDatabaseError(error);
  }
};

const sessionOver = (client: pg.Client): Session => {
  const closed = new Promise<void>((resolve) => client.once('end', () => resolve()));
  return {
    ...queryableOver(runOn(client)),
    closed,
    onNotification: (listener) => {
      client.on('notification', ({ channel, payload }) => listener(channel, payload ?? ''));
    },
    release: async () => {
      await client.end();
    },
  };
};

/** @returns resolves when the server has closed its side of every connection, for which `pool.end()` does not wait */
const watchConnections = (pool: pg.Pool): (() => Promise<unknown>) => {
  const ends = new Set<Promise<void>>();
  pool.on('connect', (client) => {
    const end = new Promise<void>((resolve) => client.once('end', () => resolve()));
    ends.add(end);
    void end.then(() => ends.delete(end));
  });
  return () => Promise.all(ends);
};

/**
 * Connects to a PostgreSQL server.
 *
 * @example
 * const database = openDatabase({ url, poolSize: 16, logger });
 * const head = await database.transaction(async (tx) => {
 *   const [row] = await tx.query<{ size: bigint }>('SELECT size FROM log_head FOR UPDATE');
 *   return row?.size;
 * }, { attempts: 3 });
 */
export const openDatabase = (options: {
  readonly url: string;
  readonly poolSize: number;
  readonly logger: Logger;
  readonly replication?: Replication;
}): Database => {
  const connection = {
    connectionString: options.url,
    types,
    application_name: 'gridseal',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  };
  const enter = (client: pg.ClientBase) => requirePrimary(client, options.replication ?? 'any');
  // The pool waits for it and ends a connection that is refused, which its types do not say.
  const onConnect = enter as (client: pg.ClientBase) => void;
  const pool = new pg.Pool({ ...connection, max: options.poolSize, onConnect });
  const noteLoss = (error: Error) => options.logger.warn({ err: error }, 'a database connection was lost');
  pool.on('error', noteLoss);
  // Without a listener of its own, a connection lost while it is in use would end the process.
  pool.on('connect', (client) => client.on('error', noteLoss));
  const disconnected = watchConnections(pool);

  return {
    ...queryableOver(runInPool(pool)),
    url: options.url,
    transaction: async (work, { isolation = 'read committed', reads = 'visible', attempts = 1 } = {}) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await runTransaction(pool, work, { isolation, reads });
        } catch (error) {
          if (!(error instanceof DatabaseError && error.retryable && attempt < attempts)) throw error;
          options.logger.debug({ code: error.code, attempt }, 'running a transaction again');
        }
      }
    },
    session: async () => {
      const client = new pg.Client(connection);
      client.on('error', (error) => options.logger.warn({ err: error }, 'a database session was lost'));
      try {
        await client.connect();
        await enter(client);
      } catch (error) {
        await client.end().catch(() => undefined);
        throw toDatabaseError(error);
      }
      return sessionOver(client);
    },
    close: async () => {
      await pool.end();
      // A server that is stopped while connections close complains to each of them.
      await Promise.race([disconnected(), delay(CLOSE_MS, undefined, { ref: false })]);
    },
  };
};
