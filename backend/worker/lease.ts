import type { Database, Session } from '../adapters/postgres/database.ts';

/** A right that one process of several holds, for as long as its database session lives. */
export type Lease = {
  /** Whether this process holds the right, taking it when it is free. */
  readonly holds: () => Promise<boolean>;
  readonly release: () => Promise<void>;
};

/**
 * Creates a lease over a PostgreSQL advisory lock. The lock ends with its session: a process that
 * died or was cut off loses it, and another takes over at its next step; one that was cut off learns
 * of it a moment later. It keeps two workers from doing the same work twice; what must never happen
 * twice is fenced where it is written.
 *
 * @param name of the right; processes that use the same name compete for it
 * @example
 * const lease = createLease(database, 'anchor')
 * if (await lease.holds()) await anchor()
 */
export const createLease = (database: Database, name: string): Lease => {
  let session: Session | undefined;

  const take = async (): Promise<boolean> => {
    const candidate = await database.session();
    const [row] = await candidate.query<{ taken: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken',
      [`lease:${name}`],
    );
    if (row?.taken !== true) {
      await candidate.release();
      return false;
    }
    session = candidate;
    void candidate.closed.then(() => {
      if (session === candidate) session = undefined;
    });
    return true;
  };

  return {
    holds: async () => session !== undefined || (await take()),
    release: async () => {
      const held = session;
      session = undefined;
      await held?.release();
    },
  };
};
