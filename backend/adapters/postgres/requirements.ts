import pg from 'pg';
import { requirePrimary, standingOf, type Replication } from './replication.ts';

/** What a server given by `DATABASE_URL` lacks. */
export type DatabaseRequirement =
  | 'fsync'
  | 'full_page_writes'
  | 'synchronous_commit'
  | 'synchronous_standby_names'
  | 'session-pooling'
  | 'version';

/** Thrown when a database cannot hold evidence. `found` is what it said, `needed` what it must say. */
export class DatabaseRequirementError extends Error {
  readonly code = 'database-unfit';
  readonly requirement: DatabaseRequirement;
  readonly found: string;
  readonly needed: string;

  constructor(requirement: DatabaseRequirement, found: string, needed: string) {
    super(`DATABASE_URL: ${requirement} is ${found}; it must be ${needed}`);
    this.name = 'DatabaseRequirementError';
    this.requirement = requirement;
    this.found = found;
    this.needed = needed;
  }
}

const OLDEST_VERSION = 150_000;

const DURABLE: readonly { readonly setting: DatabaseRequirement; readonly accepted: readonly string[] }[] = [
  { setting: 'fsync', accepted: ['on'] },
  { setting: 'full_page_writes', accepted: ['on'] },
  { setting: 'synchronous_commit', accepted: ['on', 'remote_write', 'remote_apply', 'local'] },
];

const settingOf = async (client: pg.Client, name: string): Promise<string> => {
  const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
  return String(rows[0]?.value);
};

const backendOf = async (client: pg.Client): Promise<number> =>
  Number((await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid);

/**
 * A transaction pooler hands an idle client's server connection to whoever asks next, so a second
 * client inside a transaction sits on the first one's backend, or moves the first one to another.
 */
const checkSessions = async (first: pg.Client, second: pg.Client): Promise<void> => {
  const before = await backendOf(first);
  await second.query('BEGIN');
  const beside = await backendOf(second);
  const after = await backendOf(first);
  await second.query('ROLLBACK');
  if (before === beside || before !== after)
    throw new DatabaseRequirementError(
      'session-pooling',
      'a transaction pooler',
      'a direct connection or a session pooler',
    );
};

/**
 * Checks that acknowledged rows will survive power loss and that session locks hold.
 *
 * @param replication `synchronous`: also that a commit waits for a standby
 * @throws DatabaseRequirementError naming the first requirement that is not met; DatabaseError `unavailable` for a standby
 */
export const checkDatabaseRequirements = async (
  url: string,
  replication: Replication = 'any',
): Promise<void> => {
  const clients = [
    new pg.Client({ connectionString: url }),
    new pg.Client({ connectionString: url }),
  ] as const;
  const [first, second] = clients;
  try {
    await first.connect();
    await second.connect();
    await requirePrimary(first, 'any');
    const version = await settingOf(first, 'server_version_num');
    if (Number(version) < OLDEST_VERSION)
      throw new DatabaseRequirementError('version', version, `${OLDEST_VERSION} or newer`);
    for (const { setting, accepted } of DURABLE) {
      const found = await settingOf(first, setting);
      if (!accepted.includes(found)) throw new DatabaseRequirementError(setting, found, accepted.join(', '));
    }
    const { lack } = await standingOf(first);
    if (replication === 'synchronous' && lack !== undefined)
      throw new DatabaseRequirementError(lack.setting, lack.found, lack.needed);
    await checkSessions(first, second);
  } finally {
    await Promise.allSettled(clients.map((client) => client.end()));
  }
};
