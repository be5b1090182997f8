import type { Queryable } from '../../adapters/postgres/database.ts';
import { pack, type BlockEntry, type Promised } from './block.ts';
import type { Candidate, Place } from './candidate.ts';

/** A statement that was there first. */
export type TakenPlace = { readonly place: Place; readonly digest: Uint8Array };

/** An acknowledged statement, as its receipt needs it. */
export type Acknowledged = Promised & { readonly digest: Uint8Array; readonly entry: Uint8Array };

/** The first statement of a place and one that contradicts it, with how many were refused. */
export type Conflict = {
  readonly acceptedDigest: Uint8Array;
  readonly conflicting: Candidate;
  readonly refusals: number;
};

/** Places as columns, so that a statement of any length carries any number of rows. */
const columnsOf = (places: readonly Place[]) =>
  [
    Buffer.concat(places.map(({ author }) => author)),
    places.map(({ lane }) => lane),
    places.map(({ boot }) => boot),
    places.map(({ sequence }) => sequence),
  ] as const;

const PLACES = `(SELECT substr($1::bytea, 20 * n::int - 19, 20) AS author, lane, boot, sequence, n::int AS n
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS c (lane, boot, sequence, n))`;

/** Which of the places are taken by another block than `block`. */
export const takenPlaces = async (
  tx: Queryable,
  block: bigint,
  places: readonly Place[],
): Promise<TakenPlace[]> => {
  const rows = await tx.query<{ n: number; digest: Uint8Array }>(
    `SELECT place.n, s.digest FROM ${PLACES} AS place
     JOIN statement s USING (author, lane, boot, sequence) WHERE s.block <> $5`,
    [...columnsOf(places), block],
  );
  return rows.map(({ n, digest }) => ({ place: places[n - 1]!, digest }));
};

/** What came of writing a block. Unless all its places were free and no period is closed, the transaction must be rolled back. */
export type BlockWritten = { readonly isPlaced: boolean; readonly closed: readonly string[] };

const WRITE_BLOCK = `WITH
  named AS (SELECT period, closed FROM period_key WHERE period = ANY ($6::text[]) ORDER BY period FOR SHARE),
  noted AS (INSERT INTO period_block (period, block) SELECT unnest($6::text[]), $5 ON CONFLICT DO NOTHING),
  placed AS (
    INSERT INTO statement (author, lane, boot, sequence, block, position, digest)
    SELECT author, lane, boot, sequence, $5, n - 1, substr($7::bytea, 32 * n - 31, 32) FROM ${PLACES} AS place
    ORDER BY n ON CONFLICT DO NOTHING RETURNING 1),
  statements AS (
    INSERT INTO statement_block (id, receipt_time_ms, deadline, entry_ends, entries, digests)
    VALUES ($5::bigint, $8::bigint, $9, $10, $11, $7)),
  payloads AS (
    INSERT INTO payload_block (id, payload_ends, payloads)
    SELECT $5::bigint, $12::integer[], $13::bytea WHERE octet_length($13::bytea) > 0),
  pending AS (INSERT INTO pending_block (block, statements, arrived_ms) VALUES ($5, $14, $8))
SELECT (SELECT count(*) FROM placed)::integer AS placed,
  (SELECT coalesce(array_agg(period), '{}') FROM named WHERE closed) AS closed`;

/**
 * Writes a block: takes the places of its statements, in order, notes which periods' keys sealed it, stores entries and
 * ciphertexts and puts it before the sequencer. All in one statement: whoever waits for the answer waits for each round trip.
 *
 * The periods' rows are held until the end of the transaction: whoever closes a period waits for those that write under
 * it, and those that come later see it closed. A period is noted even before it is registered: an erasure would take a block
 * that names another one for known, and lose the keys of this one.
 */
export const writeBlock = async (
  tx: Queryable,
  block: bigint,
  periods: readonly string[],
  entries: readonly BlockEntry[],
  promised: Promised,
): Promise<BlockWritten> => {
  const bytes = pack(entries.map((entry) => entry.bytes));
  const payloads = pack(entries.map(({ candidate }) => candidate.payload?.block ?? new Uint8Array(0)));
  const [written] = await tx.query<{ placed: number; closed: string[] }>(WRITE_BLOCK, [
    ...columnsOf(entries.map(({ candidate }) => candidate.place)),
    block,
    periods,
    Buffer.concat(entries.map(({ candidate }) => candidate.digest)),
    promised.receiptTimeMs,
    promised.deadline,
    bytes.ends,
    bytes.bytes,
    payloads.ends,
    payloads.bytes,
    entries.length,
  ]);
  if (written === undefined) throw new Error('a block was written without an answer');
  return { isPlaced: written.placed === entries.length, closed: written.closed };
};

/** Keeps the first conflicting statement of each place and counts the others. Conflicts come in the order of places. */
export const recordConflicts = async (tx: Queryable, conflicts: readonly Conflict[]): Promise<void> => {
  for (const { acceptedDigest, conflicting, refusals } of conflicts) {
    const { author, lane, boot, sequence } = conflicting.place;
    await tx.execute(
      `INSERT INTO conflict (author, lane, boot, sequence, form, accepted_digest, conflicting_digest, conflicting, refusals)
       VALUES ($1, $2, $3, $4, 'same-place', $5, $6, $7, $8)
       ON CONFLICT (author, lane, boot, sequence) DO UPDATE SET refusals = conflict.refusals + excluded.refusals`,
      [author, lane, boot, sequence, acceptedDigest, conflicting.digest, conflicting.authorPart, refusals],
    );
  }
};

/** Opens the boots of accepted resets. */
export const openBoots = async (tx: Queryable, candidates: readonly Candidate[]): Promise<void> => {
  for (const { reset, digest } of candidates) {
    if (reset === undefined) continue;
    await tx.execute(
      'INSERT INTO chain_reset (subject, lane, boot, digest) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      [reset.subject, reset.lane, reset.boot, digest],
    );
  }
};

/** Acknowledged statements by their digests; those never acknowledged are left out. */
export const acknowledgedBy = async (
  database: Queryable,
  digests: readonly Uint8Array[],
): Promise<Acknowledged[]> => {
  const rows = await database.query<{
    digest: Uint8Array;
    entry: Uint8Array;
    receipt_time_ms: bigint;
    deadline: bigint;
  }>(
    `SELECT s.digest, b.receipt_time_ms, b.deadline,
       substr(b.entries, coalesce(b.entry_ends[s.position], 0) + 1,
         b.entry_ends[s.position + 1] - coalesce(b.entry_ends[s.position], 0)) AS entry
     FROM generate_series(1, octet_length($1::bytea) / 32) AS n
     JOIN statement s ON s.digest = substr($1::bytea, 32 * n - 31, 32)
     JOIN statement_block b ON b.id = s.block`,
    [Buffer.concat(digests)],
  );
  return rows.map(({ digest, entry, receipt_time_ms, deadline }) => ({
    digest: Uint8Array.from(digest),
    entry,
    receiptTimeMs: receipt_time_ms,
    deadline,
  }));
};
