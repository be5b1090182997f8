import {
  decodeEntry,
  digest,
  equal,
  fromHex,
  type AuthorPart,
  type Domain,
  type Hex,
} from '@gridseal/protocol';

import type { Database } from '../../adapters/postgres/database.ts';
import type { LogReader } from '../log/types.ts';

/** What to look for; every filter that is given must hold. Times are the authors' own. */
export type StatementFilter = {
  readonly author?: Hex | undefined;
  readonly typeHash?: Hex | undefined;
  readonly fromMs?: bigint | undefined;
  readonly toMs?: bigint | undefined;
  /** First log index to consider. */
  readonly cursor: bigint;
  readonly limit: number;
};

/** A statement of the log as a search shows it. */
export type FoundStatement = {
  readonly index: bigint;
  readonly digest: Uint8Array;
  readonly part: AuthorPart;
  readonly receiptTimeMs: bigint;
};

/**
 * A page of found statements; `next` is the cursor of the following page, undefined at the end. A page may be short, or empty,
 * before the end: a call reads so much of the log and no more.
 */
export type StatementPage = { readonly statements: FoundStatement[]; readonly next: bigint | undefined };

/** Searches the published log in log order. @throws the signal's reason once it aborts */
export type StatementSearch = (filter: StatementFilter, signal?: AbortSignal) => Promise<StatementPage>;

/** Rows of the index read at once. */
const BLOCKS_PER_READ = 256;
/** Rows of the index, and entries of the log, that one call looks at. */
const BLOCKS_PER_CALL = 4 * BLOCKS_PER_READ;
const ENTRIES_PER_CALL = 4_096;
/** Entries read at once. */
const ENTRIES_PER_READ = 512n;

/** A block that may hold what is looked for. */
type Candidate = {
  readonly first_index: bigint;
  readonly statements: number;
  /** Whether times and kind of what the index knows of it leave room for a hit. */
  readonly possible: boolean;
};

/** Creates the search over the index tables; every hit is read from the log itself. */
export const createStatementSearch =
  (database: Database, log: LogReader, domain: Domain): StatementSearch =>
  async (filter, signal) => {
    const statements: FoundStatement[] = [];
    let { cursor } = filter;
    let blocksLeft = BLOCKS_PER_CALL;
    let entriesLeft = ENTRIES_PER_CALL;
    while (blocksLeft > 0) {
      signal?.throwIfAborted();
      const blocks = await candidates(database, filter, cursor);
      for (const { first_index: first, statements: count, possible } of blocks) {
        const end = first + BigInt(count);
        if (!possible) cursor = end;
        for (let from = first > cursor ? first : cursor; from < end; from = cursor) {
          if (entriesLeft <= 0) return { statements, next: cursor };
          signal?.throwIfAborted();
          const to = end < from + ENTRIES_PER_READ ? end : from + ENTRIES_PER_READ;
          for (const entry of await log.entries(from, to)) {
            const found = match(entry.index, entry.bytes, filter, domain);
            if (found === undefined) continue;
            statements.push(found);
            if (statements.length === filter.limit) return { statements, next: entry.index + 1n };
          }
          entriesLeft -= Number(to - from);
          cursor = to;
        }
      }
      if (blocks.length < BLOCKS_PER_READ) return { statements, next: undefined };
      blocksLeft -= blocks.length;
    }
    return { statements, next: cursor };
  };

/** The next blocks in log order, those of the author or the kind where one is given: as many as asked, whatever else is. */
const candidates = (database: Database, filter: StatementFilter, cursor: bigint): Promise<Candidate[]> => {
  const { author, typeHash } = filter;
  const values = [cursor, filter.fromMs ?? null, filter.toMs ?? null];
  const ofKind = author !== undefined && typeHash !== undefined;
  const rows =
    author !== undefined
      ? 'SELECT first_index, min_time_ms, max_time_ms FROM author_block WHERE author = $4'
      : typeHash !== undefined
        ? 'SELECT first_index, min_time_ms, max_time_ms FROM kind_block WHERE type_hash = $4'
        : `SELECT first_index, min(min_time_ms) AS min_time_ms, max(max_time_ms) AS max_time_ms FROM kind_block
           WHERE true`;
  const grouped = author === undefined && typeHash === undefined ? 'GROUP BY first_index' : '';
  const key = author ?? typeHash;
  return database.query<Candidate>(
    `SELECT b.first_index, q.statements,
       ($2::numeric IS NULL OR b.max_time_ms >= $2) AND ($3::numeric IS NULL OR b.min_time_ms <= $3)
       ${ofKind ? 'AND EXISTS (SELECT FROM kind_block k WHERE k.type_hash = $5 AND k.first_index = b.first_index)' : ''}
         AS possible
     FROM (${rows} AND first_index >= coalesce((SELECT max(first_index) FROM sequenced_block WHERE first_index <= $1), 0)
           ${grouped} ORDER BY first_index LIMIT ${BLOCKS_PER_READ}) b
     JOIN sequenced_block q ON q.first_index = b.first_index
     ORDER BY b.first_index`,
    [...values, ...(key === undefined ? [] : [fromHex(key)]), ...(ofKind ? [fromHex(typeHash)] : [])],
  );
};

const match = (
  index: bigint,
  bytes: Uint8Array,
  filter: StatementFilter,
  domain: Domain,
): FoundStatement | undefined => {
  const { authorPart: part, operatorPart } = decodeEntry(bytes);
  const { author, timeMs } = part.header;
  if (filter.author !== undefined && !equal(author, fromHex(filter.author))) return undefined;
  if (filter.typeHash !== undefined && !equal(part.typeHash, fromHex(filter.typeHash))) return undefined;
  if (filter.fromMs !== undefined && timeMs < filter.fromMs) return undefined;
  if (filter.toMs !== undefined && timeMs > filter.toMs) return undefined;
  return { index, digest: digest(part, domain), part, receiptTimeMs: operatorPart.receiptTimeMs };
};
