import type { Database, Queryable, Session } from '../../../backend/adapters/postgres/database.ts';
import { DatabaseError } from '../../../backend/adapters/postgres/errors.ts';
import { Killed, type Fate, type Injector } from './injector.ts';

const WRITE = /\b(INSERT INTO|UPDATE|DELETE FROM|TRUNCATE)\s+([a-z_]+)/u;

/** `UPDATE log_head` of a statement that writes, else undefined. */
const writeOf = (sql: string): string | undefined => {
  const [, verb, table] = WRITE.exec(sql) ?? [];
  return verb === undefined ? undefined : `${verb} ${table?.replace(/_\d+$/u, '_…') ?? ''}`;
};

const lost = (persisted: boolean): DatabaseError =>
  new DatabaseError(persisted ? 'outcome-unknown' : 'unavailable', new Error('forced by the test'));

/** Statements outside transactions: each is a write of its own. */
const faultyQueryable = (real: Queryable, injector: Injector): Queryable => {
  const run = <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    const write = writeOf(sql);
    if (write !== undefined) return injector.write(`database: ${write}`, work, lost);
    injector.requireAlive();
    return work();
  };
  return {
    query: async (sql, values) => run(sql, () => real.query(sql, values)),
    execute: async (sql, values) => run(sql, () => real.execute(sql, values)),
  };
};

/** Statements of a transaction. One that persists is undone with the transaction when its caller hears of a failure. */
const inTransaction = (real: Queryable, injector: Injector, wrote: string[]): Queryable => {
  const run = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    const write = writeOf(sql);
    injector.requireAlive();
    if (write === undefined) return work();
    wrote.push(write);
    return injector.write(`statement: ${write}`, work, () => lost(false));
  };
  return {
    query: (sql, values) => run(sql, () => real.query(sql, values)),
    execute: (sql, values) => run(sql, () => real.execute(sql, values)),
  };
};

/** The database of one process, whose writes and commits meet their fates. */
export const faultyDatabase = (real: Database, injector: Injector): Database => ({
  ...faultyQueryable(real, injector),
  url: real.url,
  close: real.close,
  session: async (): Promise<Session> => {
    injector.requireAlive();
    const session = await real.session();
    return { ...session, ...faultyQueryable(session, injector) };
  },
  transaction: async (work, options) => {
    injector.requireAlive();
    let fate: Fate | undefined;
    const result = await real.transaction(async (tx) => {
      const wrote: string[] = [];
      const done = await work(inTransaction(tx, injector, wrote));
      injector.requireAlive();
      fate = wrote[0] === undefined ? undefined : await injector.fateOf(`commit: ${wrote[0]} …`);
      if (fate === 'is killed before') {
        await injector.kill();
        throw new Killed();
      }
      if (fate === 'fails') throw lost(false);
      return done;
    }, options);
    if (fate === 'is killed after') await injector.kill();
    injector.requireAlive();
    if (fate === 'persists but reports failure') throw lost(true);
    return result;
  },
});
