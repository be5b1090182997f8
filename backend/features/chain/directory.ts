import { bytesToHex, type Hex } from 'viem';

import type { Database, Queryable } from '../../adapters/postgres/database.ts';
import type { BlockRef, KeyDirectory, KeyStanding } from './types.ts';

type KeyEntry = Omit<KeyStanding, 'status'>;

type KeyRow = {
  identity: Uint8Array;
  key_id: Uint8Array;
  algorithm: number;
  purpose: number;
  profile: Uint8Array;
  valid_from: bigint;
  enrolled_block: bigint;
  enrolled_hash: Uint8Array;
  revoked_at: bigint | null;
  last_good: Uint8Array | null;
  revision: bigint;
};

type OwnerRow = { identity: Uint8Array; owner: Uint8Array; revision: bigint };

const NO_HASH: Hex = `0x${'0'.repeat(64)}`;

/** A {@link KeyDirectory} that {@link MemoryDirectory.refresh} brings up to date with the tables. */
export type MemoryDirectory = KeyDirectory & {
  /** Reads what changed since the last call; everything again after a reorganisation. */
  readonly refresh: () => Promise<void>;
};

/**
 * Creates the in-memory directory over `device_key` and `device_owner`. Every process has its own
 * and derives it from the tables only, so all of them agree whichever one followed the chain.
 *
 * @param finalityDepth blocks above an enrolment before it counts
 * @example
 * const directory = createDirectory(database, 12n)
 * await directory.refresh()
 * directory.find(identity, keyId)?.status // 'active'
 */
export const createDirectory = (database: Database, finalityDepth: bigint): MemoryDirectory => {
  let keys = new Map<string, KeyEntry>();
  let owners = new Map<Hex, Hex>();
  let blocks = new Map<bigint, Hex>();
  let takenBack: ReadonlySet<Hex> = new Set();
  let head: BlockRef | undefined;
  let revision = 0n;
  let rewinds = -1n;

  const slot = (identity: Hex, keyId: Hex) => `${identity}${keyId}`;

  const refresh = async () => {
    const changes = await database.transaction(async (tx) => readChanges(tx, revision, rewinds), {
      isolation: 'repeatable read',
    });
    if (changes.rewinds !== rewinds) {
      keys = new Map();
      owners = new Map();
      revision = 0n;
      rewinds = changes.rewinds;
    }
    for (const row of changes.keys) {
      const entry = toEntry(row);
      keys.set(slot(entry.identity, entry.keyId), entry);
    }
    for (const row of changes.owners) owners.set(bytesToHex(row.identity), bytesToHex(row.owner));
    for (const row of [...changes.keys, ...changes.owners]) {
      if (row.revision > revision) revision = row.revision;
    }
    blocks = new Map(changes.blocks.map((row) => [row.number, bytesToHex(row.hash)]));
    takenBack = new Set(changes.takenBack.map(({ identity }) => bytesToHex(identity)));
    const last = changes.blocks.at(-1);
    head = last === undefined ? undefined : { ...last, hash: bytesToHex(last.hash) };
  };

  return {
    find: (identity, keyId) => {
      const entry = keys.get(slot(identity, keyId));
      if (entry === undefined || head === undefined) return undefined;
      const final = entry.enrolledAt.number + finalityDepth <= head.number;
      return { ...entry, status: entry.revokedAt !== 0n ? 'revoked' : final ? 'active' : 'pending' };
    },
    ownerOf: (identity) => owners.get(identity) ?? identity,
    head: () => head,
    blockHash: (number) => blocks.get(number),
    takenBack: () => takenBack,
    refresh,
  };
};

type Changes = {
  readonly rewinds: bigint;
  readonly keys: readonly KeyRow[];
  readonly owners: readonly OwnerRow[];
  readonly blocks: readonly { readonly number: bigint; readonly hash: Uint8Array; readonly time: bigint }[];
  readonly takenBack: readonly { readonly identity: Uint8Array }[];
};

const readChanges = async (tx: Queryable, revision: bigint, rewinds: bigint): Promise<Changes> => {
  const [rewind] = await tx.query<{ count: bigint }>('SELECT count FROM chain_rewind');
  const seen = rewind?.count ?? 0n;
  const since = [seen === rewinds ? revision : 0n];
  return {
    rewinds: seen,
    keys: await tx.query<KeyRow>(
      `SELECT identity, key_id, algorithm, purpose, profile, valid_from, enrolled_block, enrolled_hash, revoked_at,
         last_good, revision FROM device_key WHERE revision > $1`,
      since,
    ),
    owners: await tx.query<OwnerRow>(
      'SELECT identity, owner, revision FROM device_owner WHERE revision > $1 ORDER BY block_number, log_index',
      since,
    ),
    blocks: await tx.query('SELECT number, hash, time FROM chain_block ORDER BY number'),
    takenBack: await tx.query('SELECT DISTINCT identity FROM registry_taken_back'),
  };
};

const toEntry = (row: KeyRow): KeyEntry => ({
  identity: bytesToHex(row.identity),
  keyId: bytesToHex(row.key_id),
  algorithm: row.algorithm,
  purpose: row.purpose,
  profile: bytesToHex(row.profile),
  validFrom: row.valid_from,
  enrolledAt: { number: row.enrolled_block, hash: bytesToHex(row.enrolled_hash), time: row.valid_from },
  revokedAt: row.revoked_at ?? 0n,
  lastGood: row.last_good === null ? NO_HASH : bytesToHex(row.last_good),
});
