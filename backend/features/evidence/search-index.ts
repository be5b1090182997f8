import { authorPartOf, decodeAuthorPart, toHex, type Hex } from '@gridseal/protocol';
import { hexToBytes } from 'viem';

import type { Database, Queryable } from '../../adapters/postgres/database.ts';
import type { StepOutcome } from '../../worker/poller.ts';
import { createTurns } from '../../worker/turns.ts';
import type { LogReader } from '../log/types.ts';

/** Entries indexed in one transaction. */
const PORTION = 4_096n;

type Span = { readonly firstIndex: bigint; minTimeMs: bigint; maxTimeMs: bigint };

/** Keeps the search tables up with the published log. */
export type SearchIndexer = { readonly step: () => Promise<StepOutcome> };

/** Creates the indexer. Several processes may run it: the progress row makes them take turns. */
export const createSearchIndexer = (database: Database, log: LogReader): SearchIndexer => ({
  step: async () => {
    const head = await log.head();
    if (head === undefined) return 'idle';
    return database.transaction(async (tx) => {
      const [progress] = await tx.query<{ next_index: bigint }>(
        'SELECT next_index FROM search_progress FOR UPDATE',
      );
      const from = progress?.next_index ?? 0n;
      const to = head.size < from + PORTION ? head.size : from + PORTION;
      if (from >= to) return 'idle';
      const authors = new Map<string, Span>();
      const kinds = new Map<string, Span>();
      const turn = createTurns();
      for (const entry of await log.entries(from, to)) {
        await turn();
        const { header, typeHash } = decodeAuthorPart(authorPartOf(entry.bytes));
        const firstIndex = entry.index - BigInt(entry.position);
        widen(authors, toHex(header.author), firstIndex, header.timeMs);
        widen(kinds, toHex(typeHash), firstIndex, header.timeMs);
      }
      await write(tx, 'author_block', 'author', authors);
      await write(tx, 'kind_block', 'type_hash', kinds);
      await tx.execute('UPDATE search_progress SET next_index = $1', [to]);
      return to < head.size ? 'more' : 'idle';
    });
  },
});

const widen = (spans: Map<string, Span>, key: Hex, firstIndex: bigint, timeMs: bigint): void => {
  const name = `${key}:${firstIndex}`;
  const span = spans.get(name);
  if (span === undefined) spans.set(name, { firstIndex, minTimeMs: timeMs, maxTimeMs: timeMs });
  else {
    if (timeMs < span.minTimeMs) span.minTimeMs = timeMs;
    if (timeMs > span.maxTimeMs) span.maxTimeMs = timeMs;
  }
};

/** A block may be cut by a portion, so its spans are widened, never replaced. */
const write = async (
  tx: Queryable,
  table: 'author_block' | 'kind_block',
  column: 'author' | 'type_hash',
  spans: ReadonlyMap<string, Span>,
): Promise<void> => {
  const rows = [...spans].map(([name, span]) => ({
    key: hexToBytes(name.slice(0, name.indexOf(':')) as Hex),
    ...span,
  }));
  await tx.execute(
    `INSERT INTO ${table} (${column}, first_index, min_time_ms, max_time_ms)
     SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::numeric[], $4::numeric[])
     ON CONFLICT (${column}, first_index) DO UPDATE
     SET min_time_ms = least(${table}.min_time_ms, excluded.min_time_ms),
         max_time_ms = greatest(${table}.max_time_ms, excluded.max_time_ms)`,
    [
      rows.map((row) => row.key),
      rows.map((row) => row.firstIndex),
      rows.map((row) => row.minTimeMs),
      rows.map((row) => row.maxTimeMs),
    ],
  );
};
