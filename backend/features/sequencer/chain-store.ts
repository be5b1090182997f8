import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Hole } from './holes.ts';
import { placeOf, type PendingStatement } from './pending.ts';

/** One author chain: a lane of one boot. */
export type ChainKey = { readonly author: Uint8Array; readonly lane: number; readonly boot: number };

/** What the log knows of an author chain. `highest` is −1 for a chain that has not begun. */
export type ChainState = {
  readonly highest: bigint;
  /** Digest of the statement at `highest`. */
  readonly head: Uint8Array;
  /** Ascending. */
  readonly holes: readonly Hole[];
};

/** A hole with the chain it is in. */
export type ChainHole = ChainKey & { readonly hole: Hole };

/** Most neighbours read at once. */
export type Place = ChainKey & { readonly sequence: bigint };

const KEYS = `(SELECT substr($1::bytea, 20 * n::int - 19, 20) AS author, lane, boot, n::int AS n
  FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS c (lane, boot, n))`;

const columnsOf = (keys: readonly ChainKey[]) =>
  [
    Buffer.concat(keys.map(({ author }) => author)),
    keys.map(({ lane }) => lane),
    keys.map(({ boot }) => boot),
  ] as const;

/** States of chains as the log has them, in the order asked. Statements that are only acknowledged do not count. */
export const readChains = async (tx: Queryable, keys: readonly ChainKey[]): Promise<ChainState[]> => {
  const heads = await tx.query<{ n: number; sequence: bigint; digest: Uint8Array }>(
    `SELECT chain.n, head.sequence, head.digest FROM ${KEYS} AS chain
     CROSS JOIN LATERAL (
       SELECT s.sequence, s.digest FROM statement s JOIN sequenced_block q ON q.block = s.block
       WHERE s.author = chain.author AND s.lane = chain.lane AND s.boot = chain.boot
       ORDER BY s.sequence DESC LIMIT 1) AS head`,
    columnsOf(keys),
  );
  const holes = await tx.query<{
    n: number;
    first_sequence: bigint;
    last_sequence: bigint;
    since_ms: bigint;
    recorded: boolean;
  }>(
    `SELECT chain.n, h.first_sequence, h.last_sequence, h.since_ms, h.recorded FROM ${KEYS} AS chain
     JOIN chain_hole h USING (author, lane, boot) ORDER BY h.first_sequence`,
    columnsOf(keys),
  );
  const states = keys.map((): { highest: bigint; head: Uint8Array; holes: Hole[] } => ({
    highest: -1n,
    head: new Uint8Array(32),
    holes: [],
  }));
  for (const { n, sequence, digest } of heads)
    Object.assign(states[n - 1]!, { highest: sequence, head: digest });
  for (const row of holes)
    states[row.n - 1]!.holes.push({
      first: row.first_sequence,
      last: row.last_sequence,
      sinceMs: Number(row.since_ms),
      recorded: row.recorded,
    });
  return states;
};

/** Acknowledged statements at places, for checking links. Those never acknowledged are left out. */
export const readStatements = async (
  tx: Queryable,
  places: readonly Place[],
): Promise<PendingStatement[]> => {
  if (places.length === 0) return [];
  const rows = await tx.query<{ digest: Uint8Array; entry: Uint8Array }>(
    `SELECT s.digest, substr(b.entries, coalesce(b.entry_ends[s.position], 0) + 1,
       b.entry_ends[s.position + 1] - coalesce(b.entry_ends[s.position], 0)) AS entry
     FROM (SELECT substr($1::bytea, 20 * n::int - 19, 20) AS author, lane, boot, sequence
           FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS c (lane, boot, sequence, n)) AS place
     JOIN statement s USING (author, lane, boot, sequence)
     JOIN statement_block b ON b.id = s.block`,
    [...columnsOf(places), places.map(({ sequence }) => sequence)],
  );
  return rows.map(({ digest, entry }) => {
    const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
    return { ...placeOf(entry.subarray(5, 5 + view.getUint32(1))), digest };
  });
};

/** Writes holes that appeared or changed and removes those that were filled. */
export const writeHoles = async (
  tx: Queryable,
  gone: readonly ChainHole[],
  present: readonly ChainHole[],
): Promise<void> => {
  if (gone.length > 0)
    await tx.execute(
      `DELETE FROM chain_hole h USING ${KEYS} AS chain JOIN unnest($4::bigint[]) WITH ORDINALITY AS f (first, n) USING (n)
       WHERE (h.author, h.lane, h.boot, h.first_sequence) = (chain.author, chain.lane, chain.boot, f.first)`,
      [...columnsOf(gone), gone.map(({ hole }) => hole.first)],
    );
  if (present.length > 0)
    await tx.execute(
      `INSERT INTO chain_hole (author, lane, boot, first_sequence, last_sequence, since_ms, recorded)
       SELECT chain.author, chain.lane, chain.boot, f.first, f.last, f.since, f.recorded FROM ${KEYS} AS chain
       JOIN unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[]) WITH ORDINALITY
         AS f (first, last, since, recorded, n) USING (n)`,
      [
        ...columnsOf(present),
        present.map(({ hole }) => hole.first),
        present.map(({ hole }) => hole.last),
        present.map(({ hole }) => hole.sinceMs),
        present.map(({ hole }) => hole.recorded),
      ],
    );
};

/** Holes that outlived the window and have no Gap statement yet, oldest first; marks them recorded. */
export const takeOverdueHoles = async (
  tx: Queryable,
  sinceMs: number,
  limit: number,
): Promise<ChainHole[]> => {
  const rows = await tx.query<{
    author: Uint8Array;
    lane: bigint;
    boot: bigint;
    first_sequence: bigint;
    last_sequence: bigint;
    since_ms: bigint;
  }>(
    `UPDATE chain_hole SET recorded = true WHERE (author, lane, boot, first_sequence) IN (
       SELECT author, lane, boot, first_sequence FROM chain_hole WHERE NOT recorded AND since_ms <= $1
       ORDER BY since_ms, author, lane, boot, first_sequence LIMIT $2)
     RETURNING author, lane, boot, first_sequence, last_sequence, since_ms`,
    [sinceMs, limit],
  );
  // RETURNING has no order of its own, and the log's must not hang on a query plan.
  rows.sort((a, b) => Buffer.compare(a.author, b.author) || Number(a.first_sequence - b.first_sequence));
  return rows.map((row) => ({
    author: row.author,
    lane: Number(row.lane),
    boot: Number(row.boot),
    hole: {
      first: row.first_sequence,
      last: row.last_sequence,
      sinceMs: Number(row.since_ms),
      recorded: true,
    },
  }));
};
