import { bytesToHex, hexToBytes, type Hex } from 'viem';

import type { Database, Queryable } from '../../adapters/postgres/database.ts';
import type { ChainEvent } from './events.ts';
import type { BlockRef, RegistryChange } from './types.ts';
import { REGISTRY_CHANGE } from './types.ts';

/** Advisory lock under which the followed chain is written, so that processes take turns. */
const WRITE_LOCK = 0x67_73_66_6c;
const ZERO_KEY = new Uint8Array(32);

/** Receives registry changes that reached finality, inside the follower's transaction. */
export type RegistryChangeQueue = (tx: Queryable, changes: readonly RegistryChange[]) => Promise<void>;

/** A stretch of the chain read by the follower, to be applied as one. */
export type ChainStretch = {
  /** The applied block this stretch continues; `undefined` before the first. Newer ones are dropped. */
  readonly base: BlockRef | undefined;
  /** Headers to remember, ascending; the last is the new head. */
  readonly blocks: readonly BlockRef[];
  readonly events: readonly ChainEvent[];
};

/** What became of a stretch: `stale` when another process moved the head meanwhile. */
export type ApplyOutcome = 'applied' | 'stale';

type BlockRow = { number: bigint; hash: Uint8Array; time: bigint };

const toRef = (row: BlockRow): BlockRef => ({ ...row, hash: bytesToHex(row.hash) });

/** Blocks applied, newest first: the candidates for the fork point of a reorganisation. */
export const appliedBlocks = async (database: Database, limit: number): Promise<BlockRef[]> => {
  const rows = await database.query<BlockRow>(
    'SELECT number, hash, time FROM chain_block ORDER BY number DESC LIMIT $1',
    [limit],
  );
  return rows.map(toRef);
};

/**
 * Applies a stretch in one transaction: drops what the chain replaced, records blocks and events,
 * queues registry changes that reached finality and forgets headers older than `keepBlocks`.
 *
 * @param previousHead the head the stretch was computed from; a different one in the database
 *   means that another process was faster, and nothing is written
 * @param loggedOwners whose identities' changes are queued although they have no statement; everybody's unless told otherwise
 */
export const applyStretch = async (
  database: Database,
  stretch: ChainStretch,
  context: {
    readonly previousHead: BlockRef | undefined;
    readonly finalityDepth: bigint;
    readonly keepBlocks: bigint;
    readonly queue: RegistryChangeQueue;
    readonly loggedOwners?: readonly Hex[] | undefined;
  },
): Promise<ApplyOutcome> => {
  return database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [WRITE_LOCK]);
    if (!(await headIs(tx, context.previousHead))) return 'stale';
    if (stretch.base?.number !== context.previousHead?.number) await rewind(tx, stretch.base?.number ?? -1n);
    for (const event of stretch.events) await applyEvent(tx, event);
    for (const block of stretch.blocks) {
      const row = [block.number, hexToBytes(block.hash), block.time];
      await tx.execute('INSERT INTO chain_block (number, hash, time) VALUES ($1, $2, $3)', row);
    }
    const head = stretch.blocks.at(-1)?.number ?? stretch.base?.number;
    if (head !== undefined) {
      await queueFinal(tx, head - context.finalityDepth, context.queue, context.loggedOwners);
      await tx.execute('DELETE FROM chain_block WHERE number < $1', [head - context.keepBlocks]);
    }
    return 'applied';
  });
};

const headIs = async (tx: Queryable, expected: BlockRef | undefined): Promise<boolean> => {
  const rows = await tx.query<BlockRow>(
    'SELECT number, hash, time FROM chain_block ORDER BY number DESC LIMIT 1',
  );
  const [row] = rows;
  return row === undefined ? expected === undefined : toRef(row).hash === expected?.hash;
};

const rewind = async (tx: Queryable, lastKept: bigint): Promise<void> => {
  const after = [lastKept];
  await tx.execute('DELETE FROM chain_block WHERE number > $1', after);
  await tx.execute('DELETE FROM chain_anchor WHERE block_number > $1', after);
  await tx.execute('DELETE FROM promise_challenge WHERE block_number > $1', after);
  await tx.execute('UPDATE promise_challenge SET answered_block = NULL WHERE answered_block > $1', after);
  await tx.execute(
    `INSERT INTO registry_taken_back (identity, key_id, change)
     SELECT identity, key_id, change FROM registry_event WHERE block_number > $1 AND queued
     ORDER BY block_number, log_index`,
    after,
  );
  await tx.execute('DELETE FROM registry_event WHERE block_number > $1', after);
  await tx.execute('DELETE FROM device_owner WHERE block_number > $1', after);
  await tx.execute('DELETE FROM device_key WHERE enrolled_block > $1', after);
  await tx.execute(
    `UPDATE device_key SET revoked_at = NULL, revoked_block = NULL, last_good = NULL, revision = nextval('device_revision')
     WHERE revoked_block > $1`,
    after,
  );
  await tx.execute('UPDATE chain_rewind SET count = count + 1');
};

const applyEvent = async (tx: Queryable, event: ChainEvent): Promise<void> => {
  if (event.type === 'anchored') {
    await tx.execute(
      `INSERT INTO chain_anchor (epoch, size, root, manifest, previous_block, block_number, block_hash, block_time,
         transaction_hash, transaction_index, log_index) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        event.epoch,
        event.size,
        hexToBytes(event.root),
        hexToBytes(event.manifest),
        event.previousBlock,
        event.blockNumber,
        hexToBytes(event.blockHash),
        event.blockTime,
        hexToBytes(event.transactionHash),
        event.transactionIndex,
        event.logIndex,
      ],
    );
    return;
  }
  if (event.type === 'challenged') {
    await tx.execute(
      `INSERT INTO promise_challenge (receipt_digest, digest, entry_hash, deadline, answer_by, block_number)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        hexToBytes(event.receiptDigest),
        hexToBytes(event.digest),
        hexToBytes(event.entryHash),
        event.deadline,
        event.answerBy,
        event.blockNumber,
      ],
    );
    return;
  }
  if (event.type === 'answered') {
    await tx.execute('UPDATE promise_challenge SET answered_block = $2 WHERE receipt_digest = $1', [
      hexToBytes(event.receiptDigest),
      event.blockNumber,
    ]);
    return;
  }
  const identity = hexToBytes(event.identity);
  if (event.type === 'enrolled') {
    await tx.execute(
      `INSERT INTO device_key (identity, key_id, algorithm, purpose, profile, valid_from, enrolled_block, enrolled_hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        identity,
        hexToBytes(event.keyId),
        event.algorithm,
        event.purpose,
        hexToBytes(event.profile),
        event.blockTime,
        event.blockNumber,
        hexToBytes(event.blockHash),
      ],
    );
    await recordOwner(tx, event, event.owner);
  } else if (event.type === 'revoked') {
    await tx.execute(
      `UPDATE device_key SET revoked_at = $3, revoked_block = $4, last_good = $5, revision = nextval('device_revision')
       WHERE identity = $1 AND key_id = $2`,
      [identity, hexToBytes(event.keyId), event.blockTime, event.blockNumber, hexToBytes(event.lastGood)],
    );
  } else {
    await recordOwner(tx, event, event.owner);
  }
  await tx.execute(
    `INSERT INTO registry_event (block_number, log_index, block_hash, transaction_hash, identity, key_id, change)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      event.blockNumber,
      event.logIndex,
      hexToBytes(event.blockHash),
      hexToBytes(event.transactionHash),
      identity,
      event.type === 'owner-changed' ? ZERO_KEY : hexToBytes(event.keyId),
      CHANGE_OF[event.type],
    ],
  );
};

const CHANGE_OF = {
  enrolled: REGISTRY_CHANGE.enrolled,
  revoked: REGISTRY_CHANGE.revoked,
  'owner-changed': REGISTRY_CHANGE.ownerChanged,
} as const;

const recordOwner = async (
  tx: Queryable,
  event: Extract<ChainEvent, { identity: Hex }>,
  owner: Hex,
): Promise<void> => {
  await tx.execute(
    'INSERT INTO device_owner (identity, block_number, log_index, owner) VALUES ($1, $2, $3, $4)',
    [hexToBytes(event.identity), event.blockNumber, event.logIndex, hexToBytes(owner)],
  );
};

type EventRow = {
  block_number: bigint;
  log_index: number;
  block_hash: Uint8Array;
  transaction_hash: Uint8Array;
  identity: Uint8Array;
  key_id: Uint8Array;
  change: RegistryChange['change'];
};

/** Anyone may write to the registry. What concerns nobody of this log waits until its identity has a statement here. */
const queueFinal = async (
  tx: Queryable,
  lastFinal: bigint,
  queue: RegistryChangeQueue,
  loggedOwners: readonly Hex[] | undefined,
): Promise<void> => {
  const rows = await tx.query<EventRow>(
    `UPDATE registry_event e SET queued = true WHERE NOT queued AND block_number <= $1
       AND ($2::bytea[] IS NULL
         OR EXISTS (SELECT FROM statement s WHERE s.author = e.identity)
         OR EXISTS (SELECT FROM device_owner o WHERE o.identity = e.identity AND o.owner = ANY ($2)))
     RETURNING block_number, log_index, block_hash, transaction_hash, identity, key_id, change`,
    [lastFinal, loggedOwners === undefined ? null : loggedOwners.map((owner) => hexToBytes(owner))],
  );
  if (rows.length === 0) return;
  await noteMadeAgain(tx, rows);
  const changes = rows.map((row) => ({
    identity: bytesToHex(row.identity),
    keyId: bytesToHex(row.key_id),
    change: row.change,
    blockNumber: row.block_number,
    blockHash: bytesToHex(row.block_hash),
    transactionHash: bytesToHex(row.transaction_hash),
    logIndex: row.log_index,
  }));
  const order = (a: RegistryChange, b: RegistryChange) =>
    a.blockNumber === b.blockNumber ? a.logIndex - b.logIndex : a.blockNumber < b.blockNumber ? -1 : 1;
  await queue(tx, changes.sort(order));
};

/** A change that the chain had taken back counts as made again once it is final again. */
const noteMadeAgain = async (tx: Queryable, changes: readonly EventRow[]): Promise<void> => {
  const takenBack = await tx.query('SELECT FROM registry_taken_back LIMIT 1');
  if (takenBack.length === 0) return;
  for (const { identity, key_id, change } of changes)
    await tx.execute(
      `DELETE FROM registry_taken_back WHERE id =
         (SELECT min(id) FROM registry_taken_back WHERE identity = $1 AND key_id = $2 AND change = $3)`,
      [identity, key_id, change],
    );
};
