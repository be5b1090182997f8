import type pg from 'pg';
import { DatabaseError } from './errors.ts';

/** What is asked of the server: `synchronous`: that a commit waits until a standby has it on disk. */
export type Replication = 'any' | 'synchronous';

/** The server's function that waits for a synchronous standby, in the source field of its messages, which no locale changes. */
const WAITING = 'SyncRepWaitForLSN';

const cutShort = new WeakSet<object>();
const watched = new WeakSet<object>();

/**
 * Refuses a server that is a standby, or that does not replicate as it must, on a connection just made; from here on
 * {@link requireReplicated} tells of its commits.
 *
 * @throws DatabaseError `unavailable`
 */
export const requirePrimary = async (client: pg.ClientBase, replication: Replication): Promise<void> => {
  if (!watched.has(client)) {
    watched.add(client);
    client.on('notice', ({ routine }) => {
      if (routine === WAITING) cutShort.add(client);
    });
  }
  const { rows } = await client.query<{ standby: boolean; names: string; commit: string }>(
    `SELECT pg_is_in_recovery() AS standby, current_setting('synchronous_standby_names') AS names,
       current_setting('synchronous_commit') AS commit`,
  );
  const [found] = rows;
  if (found === undefined) throw new DatabaseError('unavailable', 'the server does not say what it is');
  if (found.standby)
    throw new DatabaseError('unavailable', 'the server is a standby: its primary is awaited');
  const lack = replication === 'synchronous' ? lackOf(found) : undefined;
  if (lack !== undefined) throw new DatabaseError('unavailable', lack);
};

/** What keeps a commit from waiting for a standby's disk, in words; undefined where it waits. */
export const lackOf = (found: { readonly names: string; readonly commit: string }): string | undefined => {
  if (found.names.trim() === '') return 'synchronous_standby_names is empty: a commit waits for no standby';
  return ['on', 'remote_apply'].includes(found.commit)
    ? undefined
    : `synchronous_commit is ${found.commit}: a commit does not wait for the standby's disk`;
};

/**
 * After a statement: a commit whose waiting for the standby was cancelled is reported as a success with a warning. It is on
 * this server alone, and lost when the standby takes over.
 *
 * @throws DatabaseError `outcome-unknown`
 */
export const requireReplicated = (client: pg.ClientBase): void => {
  if (cutShort.delete(client))
    throw new DatabaseError(
      'outcome-unknown',
      'the server gave up waiting for its synchronous standby: the commit may be on this server alone',
    );
};

/**
 * Makes a transaction wait for the synchronous standby as one that wrote does: it commits after all that it has read. A
 * server without such standbys has nothing to wait for.
 */
export const WRITE_SOMETHING = `SELECT pg_logical_emit_message(true, 'gridseal', 'settled')
  WHERE current_setting('synchronous_standby_names') <> ''`;
