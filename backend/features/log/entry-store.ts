import { deadlineAfter } from '@gridseal/protocol/statement/receipt';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { LogEntry, PromisedEntries, StatementPlace } from './types.ts';

/** Entries [from, to) of the log in order, read from the blocks that hold them. */
export const readEntries = async (database: Queryable, from: bigint, to: bigint): Promise<LogEntry[]> => {
  const rows = await database.query<{
    block: bigint;
    first_index: bigint;
    low: number;
    ends: number[];
    start: number;
    entries: Uint8Array;
  }>(
    `SELECT q.block, q.first_index, low, b.entry_ends[low + 1 : high] AS ends,
       coalesce(b.entry_ends[low], 0) AS start,
       substr(b.entries, coalesce(b.entry_ends[low], 0) + 1, b.entry_ends[high] - coalesce(b.entry_ends[low], 0)) AS entries
     FROM sequenced_block q
     JOIN statement_block b ON b.id = q.block
     CROSS JOIN LATERAL (SELECT greatest($1 - q.first_index, 0)::integer AS low,
       least($2 - q.first_index, q.statements)::integer AS high) AS part
     WHERE q.first_index >= (SELECT max(first_index) FROM sequenced_block WHERE first_index <= $1)
       AND q.first_index < $2
     ORDER BY q.first_index`,
    [from, to],
  );
  return rows.flatMap(({ block, first_index, low, ends, start, entries }) =>
    ends.map((end, i) => ({
      index: first_index + BigInt(low + i),
      block,
      position: low + i,
      bytes: entries.subarray((ends[i - 1] ?? start) - start, end - start),
    })),
  );
};

/** What the receipts of entries [from, to) promise, in order. */
export const readPromises = async (
  database: Queryable,
  from: bigint,
  to: bigint,
): Promise<PromisedEntries[]> => {
  const rows = await database.query<{ entries: bigint; receipt_time_ms: bigint; deadline: bigint }>(
    `SELECT least(q.first_index + q.statements, $2) - greatest(q.first_index, $1) AS entries,
       b.receipt_time_ms, b.deadline
     FROM sequenced_block q JOIN statement_block b ON b.id = q.block
     WHERE q.first_index >= (SELECT max(first_index) FROM sequenced_block WHERE first_index <= $1)
       AND q.first_index < $2
     ORDER BY q.first_index`,
    [from, to],
  );
  const promises: { entries: bigint; seconds: bigint }[] = [];
  for (const { entries, receipt_time_ms, deadline } of rows) {
    const seconds = deadline - deadlineAfter(receipt_time_ms, 0n);
    const last = promises.at(-1);
    if (last?.seconds === seconds) last.entries += entries;
    else promises.push({ entries, seconds });
  }
  return promises;
};

/** Place of an acknowledged statement; `index` is its place in the order, published or not. */
export const readPlace = async (
  database: Queryable,
  digest: Uint8Array,
): Promise<StatementPlace | undefined> => {
  const [row] = await database.query<{ block: bigint; position: number; first_index: bigint | null }>(
    `SELECT s.block, s.position, q.first_index FROM statement s
     LEFT JOIN sequenced_block q ON q.block = s.block WHERE s.digest = $1`,
    [digest],
  );
  if (row === undefined) return undefined;
  const { block, position, first_index } = row;
  return { block, position, index: first_index === null ? undefined : first_index + BigInt(position) };
};
