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

/**
 * Takes the places of a block's statements, in order.
 *
 * @returns whether all of them were free; when not, the transaction must be rolled back
 */
export const takePlaces = async (
  tx: Queryable,
  block: bigint,
  candidates: readonly Candidate[],
): Promise<boolean> => {
  const taken = await tx.execute(
    `INSERT INTO statement (author, lane, boot, sequence, block, position, digest)
     SELECT author, lane, boot, sequence, $5, n - 1, substr($6::bytea, 32 * n - 31, 32) FROM ${PLACES} AS place
     ORDER BY n ON CONFLICT DO NOTHING`,
    [
      ...columnsOf(candidates.map(({ place }) => place)),
      block,
      Buffer.concat(candidates.map(({ digest }) => digest)),
    ],
  );
  return taken === candidates.length;
};

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

/**
 * Notes which periods' keys sealed a block, and holds their rows until the end of the transaction: whoever closes a period
 * waits for those that write under it, and those that come later see it closed.
 *
 * A period is noted even before it is registered: an erasure would take a block that names another one for known, and lose
 * the keys of this one.
 *
 * @returns periods that are closed; the transaction must then be rolled back
 */
export const noteBlockPeriods = async (
  tx: Queryable,
  block: bigint,
  periods: readonly string[],
): Promise<string[]> => {
  const rows = await tx.query<{ period: string }>(
    `WITH named AS (SELECT period, closed FROM period_key WHERE period = ANY ($1::text[]) ORDER BY period FOR SHARE),
     noted AS (INSERT INTO period_block (period, block) SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING)
     SELECT period FROM named WHERE closed`,
    [periods, block],
  );
  return rows.map(({ period }) => period);
};

/** Writes a block with its ciphertexts and puts it before the sequencer. */
export const writeBlock = async (
  tx: Queryable,
  block: bigint,
  entries: readonly BlockEntry[],
  promised: Promised,
): Promise<void> => {
  const bytes = pack(entries.map((entry) => entry.bytes));
  const payloads = pack(entries.map(({ candidate }) => candidate.payload?.block ?? new Uint8Array(0)));
  await tx.execute(
    `WITH statements AS (
       INSERT INTO statement_block (id, receipt_time_ms, deadline, entry_ends, entries, digests)
       VALUES ($1::bigint, $2::bigint, $3, $4, $5, $6)),
     payloads AS (INSERT INTO payload_block (id, payload_ends, payloads)
       SELECT $1::bigint, $7::integer[], $8::bytea WHERE octet_length($8::bytea) > 0)
     INSERT INTO pending_block (block, statements, arrived_ms) VALUES ($1, $9, $2)`,
    [
      block,
      promised.receiptTimeMs,
      promised.deadline,
      bytes.ends,
      bytes.bytes,
      Buffer.concat(entries.map(({ candidate }) => candidate.digest)),
      payloads.ends,
      payloads.bytes,
      entries.length,
    ],
  );
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
