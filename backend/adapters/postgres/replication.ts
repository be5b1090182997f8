import type pg from 'pg';
import { DatabaseError } from './errors.ts';

/** What is asked of the server: `synchronous`: that a commit waits until a standby has it on disk. */
export type Replication = 'any' | 'synchronous';

/** A setting by which a commit does not wait until the disk of a standby has it. */
export type ReplicationLack = {
  readonly setting: 'synchronous_standby_names' | 'synchronous_commit';
  readonly found: string;
  readonly needed: string;
};

const lackOf = (names: string, commit: string): ReplicationLack | undefined => {
  if (names.trim() === '')
    return {
      setting: 'synchronous_standby_names',
      found: 'empty',
      needed: 'the names of standbys that a commit waits for, such as ANY 1 (gridseal_a, gridseal_b)',
    };
  if (['on', 'remote_apply'].includes(commit)) return undefined;
  return { setting: 'synchronous_commit', found: commit, needed: 'on or remote_apply' };
};

/** Whether a server is a standby, and what keeps its commits from waiting for one. @throws DatabaseError */
export const standingOf = async (
  client: pg.ClientBase,
): Promise<{ readonly isStandby: boolean; readonly lack: ReplicationLack | undefined }> => {
  const { rows } = await client.query<{ standby: boolean; names: string; commit: string }>(
    `SELECT pg_is_in_recovery() AS standby, current_setting('synchronous_standby_names') AS names,
       current_setting('synchronous_commit') AS commit`,
  );
  const [found] = rows;
  if (found === undefined) throw new DatabaseError('unavailable', 'the database does not say what it is');
  return { isStandby: found.standby, lack: lackOf(found.names, found.commit) };
};

/** The server's function that waits for a synchronous standby, in the source field of its messages, which no locale changes. */
const WAITING = 'SyncRepWaitForLSN';

const cutShort = new WeakSet<object>();

/**
 * Refuses a server that is a standby, or that does not replicate as it must, on a connection just made; from here on
 * {@link requireReplicated} tells of its commits.
 *
 * @throws DatabaseError `unavailable`
 */
export const requirePrimary = async (client: pg.ClientBase, replication: Replication): Promise<void> => {
  client.on('notice', ({ routine }) => {
    if (routine === WAITING) cutShort.add(client);
  });
  const { isStandby, lack } = await standingOf(client);
  if (isStandby) throw new DatabaseError('unavailable', 'the database is a standby: its primary is awaited');
  if (replication === 'synchronous' && lack !== undefined)
    throw new DatabaseError(
      'unavailable',
      `the database would commit without a standby: ${lack.setting} is ${lack.found}`,
    );
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
