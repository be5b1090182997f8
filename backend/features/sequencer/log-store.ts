import type { Queryable } from '../../adapters/postgres/database.ts';
import { TermLost } from './errors.ts';
import type { AuthoredEntry, OperatorChain } from './operator-author.ts';
import type { PendingBlock } from './pending.ts';
import type { FullTile, RightEdge } from './right-edge.ts';

/** The log as its one row has it. */
export type LogHead = {
  readonly origin: string;
  readonly epoch: bigint;
  readonly term: bigint;
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly checkpoint: string;
  readonly operator: OperatorChain;
};

type HeadRow = {
  origin: string;
  epoch: bigint;
  term: bigint;
  size: bigint;
  root: Uint8Array;
  checkpoint: string;
  operator_sequence: bigint;
  operator_digest: Uint8Array;
};

const toHead = (row: HeadRow): LogHead => ({
  origin: row.origin,
  epoch: row.epoch,
  term: row.term,
  size: row.size,
  root: row.root,
  checkpoint: row.checkpoint,
  operator: { sequence: row.operator_sequence, previous: row.operator_digest },
});

const COLUMNS = 'origin, epoch, term, size, root, checkpoint, operator_sequence, operator_digest';

/** The head, or undefined in a database without a log. */
export const readHead = async (tx: Queryable): Promise<LogHead | undefined> => {
  const [row] = await tx.query<HeadRow>(`SELECT ${COLUMNS} FROM log_head`);
  return row === undefined ? undefined : toHead(row);
};

/** Begins the log of a new database. */
export const insertHead = async (tx: Queryable, head: LogHead, nowMs: number): Promise<void> => {
  await tx.execute(
    `INSERT INTO log_head (origin, epoch, term, size, root, checkpoint, signed_ms, operator_sequence, operator_digest)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      head.origin,
      head.epoch,
      head.term,
      head.size,
      head.root,
      head.checkpoint,
      nowMs,
      head.operator.sequence,
      head.operator.previous,
    ],
  );
};

/** Takes the log over: from here on no sequencer of an older term can write. */
export const raiseTerm = async (tx: Queryable): Promise<LogHead | undefined> => {
  const [row] = await tx.query<HeadRow>(`UPDATE log_head SET term = term + 1 RETURNING ${COLUMNS}`);
  return row === undefined ? undefined : toHead(row);
};

/**
 * Replaces the head, if it still is `before`.
 *
 * @throws TermLost when it is not
 */
export const replaceHead = async (
  tx: Queryable,
  before: LogHead,
  after: LogHead,
  nowMs: number,
): Promise<void> => {
  const rows = await tx.execute(
    `UPDATE log_head SET size = $4, root = $5, checkpoint = $6, signed_ms = $7, operator_sequence = $8, operator_digest = $9
     WHERE term = $1 AND size = $2 AND root = $3`,
    [
      before.term,
      before.size,
      before.root,
      after.size,
      after.root,
      after.checkpoint,
      nowMs,
      after.operator.sequence,
      after.operator.previous,
    ],
  );
  if (rows !== 1) throw new TermLost(`term ${before.term} ended`);
};

/** Begins an epoch with the log as it is. The operator's statements in it are a chain of their own. */
export const beginEpoch = async (
  tx: Queryable,
  { origin, epoch, checkpoint, operator }: LogHead,
  nowMs: number,
): Promise<void> => {
  await tx.execute(
    `UPDATE log_head SET origin = $1, epoch = $2, checkpoint = $3, signed_ms = $4, operator_sequence = $5,
       operator_digest = $6`,
    [origin, epoch, checkpoint, nowMs, operator.sequence, operator.previous],
  );
};

/** Reads the right edge of a log of `size`. */
export const readEdge = async (tx: Queryable, size: bigint): Promise<RightEdge> => {
  const rows = await tx.query<{ level: number; hashes: Uint8Array }>(
    'SELECT level, hashes FROM edge_tile ORDER BY level',
  );
  const byLevel = new Map(rows.map(({ level, hashes }) => [level, hashes]));
  const height = (rows.at(-1)?.level ?? -1) + 1;
  const levels = Array.from({ length: height }, (_, level) => byLevel.get(level) ?? new Uint8Array(0));
  return { size, levels };
};

/** Writes full tiles and the new right edge; levels that did not change are left alone. */
export const writeTiles = async (
  tx: Queryable,
  tiles: readonly FullTile[],
  before: RightEdge,
  after: RightEdge,
): Promise<void> => {
  if (tiles.length > 0)
    await tx.execute(
      `INSERT INTO tile (level, number, hashes)
       SELECT level, number, substr($3::bytea, 8192 * n::int - 8191, 8192)
       FROM unnest($1::smallint[], $2::bigint[]) WITH ORDINALITY AS t (level, number, n)`,
      [
        tiles.map(({ level }) => level),
        tiles.map(({ number }) => number),
        Buffer.concat(tiles.map(({ hashes }) => hashes)),
      ],
    );
  for (const [level, hashes] of after.levels.entries()) {
    if (before.levels[level] !== undefined && Buffer.compare(before.levels[level], hashes) === 0) continue;
    await tx.execute(
      `INSERT INTO edge_tile (level, hashes) VALUES ($1, $2)
       ON CONFLICT (level) DO UPDATE SET hashes = excluded.hashes`,
      [level, hashes],
    );
  }
};

/** Gives blocks their indices, from `firstIndex` on in order, and takes them off the pending ones. */
export const sequenceBlocks = async (
  tx: Queryable,
  blocks: readonly Pick<PendingBlock, 'id' | 'leaves'>[],
  firstIndex: bigint,
  term: bigint,
): Promise<void> => {
  if (blocks.length === 0) return;
  let next = firstIndex;
  const counts = blocks.map(({ leaves }) => leaves.length / 32);
  const firsts = counts.map((count) => {
    const first = next;
    next += BigInt(count);
    return first;
  });
  const ids = blocks.map(({ id }) => id);
  await tx.execute(
    `INSERT INTO sequenced_block (block, first_index, statements, term)
     SELECT block, first_index, statements, $4 FROM unnest($1::bigint[], $2::bigint[], $3::integer[])
       AS b (block, first_index, statements)`,
    [ids, firsts, counts, term],
  );
  await tx.execute('DELETE FROM pending_block WHERE block = ANY ($1::bigint[])', [ids]);
};

/** Stores the operator's statements as a block of their own. */
export const writeOperatorBlock = async (
  tx: Queryable,
  block: bigint,
  entries: readonly AuthoredEntry[],
  operator: {
    readonly address: Uint8Array;
    readonly epoch: bigint;
    readonly nowMs: number;
    readonly deadline: bigint;
  },
): Promise<void> => {
  let end = 0;
  const ends = entries.map(({ bytes }) => (end += bytes.length));
  const digests = Buffer.concat(entries.map(({ digest }) => digest));
  await tx.execute(
    `INSERT INTO statement_block (id, receipt_time_ms, deadline, entry_ends, entries, digests)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      block,
      operator.nowMs,
      operator.deadline,
      ends,
      Buffer.concat(entries.map(({ bytes }) => bytes)),
      digests,
    ],
  );
  await tx.execute(
    `INSERT INTO statement (author, lane, boot, sequence, block, position, digest)
     SELECT $1, 0, $2, sequence, $3, n - 1, substr($5::bytea, 32 * n::int - 31, 32)
     FROM unnest($4::bigint[]) WITH ORDINALITY AS s (sequence, n)`,
    [operator.address, operator.epoch, block, entries.map(({ sequence }) => sequence), digests],
  );
};

/** What waits for the next transaction. */
export const hasWork = async (tx: Queryable, overdueMs: number): Promise<boolean> => {
  const [row] = await tx.query<{ work: boolean }>(
    `SELECT EXISTS (SELECT FROM pending_block) OR EXISTS (SELECT FROM conflict WHERE NOT recorded)
       OR EXISTS (SELECT FROM operator_intent WHERE log_index IS NULL)
       OR EXISTS (SELECT FROM chain_hole WHERE NOT recorded AND since_ms <= $1) AS work`,
    [overdueMs],
  );
  return row?.work === true;
};

/** Lets the checkpoint be shown. An older one never replaces a newer; another signature of the same state may. */
export const writePublished = async (
  tx: Queryable,
  head: Pick<LogHead, 'size' | 'root' | 'checkpoint'>,
  nowMs: number,
): Promise<void> => {
  await tx.execute(
    `INSERT INTO log_published (size, root, checkpoint, published_ms) VALUES ($1, $2, $3, $4)
     ON CONFLICT (singleton) DO UPDATE SET size = excluded.size, root = excluded.root,
       checkpoint = excluded.checkpoint, published_ms = excluded.published_ms
     WHERE log_published.size < excluded.size
       OR log_published.size = excluded.size AND log_published.root = excluded.root`,
    [head.size, head.root, head.checkpoint, nowMs],
  );
};
