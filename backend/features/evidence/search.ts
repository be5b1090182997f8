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

/** A page of found statements; `next` is the cursor of the following page, undefined at the end. */
export type StatementPage = { readonly statements: FoundStatement[]; readonly next: bigint | undefined };

/** Searches the published log in log order. */
export type StatementSearch = (filter: StatementFilter) => Promise<StatementPage>;

const BLOCKS_PER_READ = 32;

/** Creates the search over the index tables; every hit is read from the log itself. */
export const createStatementSearch =
  (database: Database, log: LogReader, domain: Domain): StatementSearch =>
  async (filter) => {
    const statements: FoundStatement[] = [];
    let cursor = filter.cursor;
    for (;;) {
      const blocks = await candidates(database, filter, cursor);
      for (const { first_index: first, statements: count } of blocks) {
        const to = first + BigInt(count);
        for (const entry of await log.entries(first > cursor ? first : cursor, to)) {
          const found = match(entry.index, entry.bytes, filter, domain);
          if (found === undefined) continue;
          statements.push(found);
          if (statements.length === filter.limit) return { statements, next: entry.index + 1n };
        }
        cursor = to;
      }
      if (blocks.length < BLOCKS_PER_READ) return { statements, next: undefined };
    }
  };

const candidates = (database: Database, filter: StatementFilter, cursor: bigint) => {
  const byAuthor = filter.author !== undefined;
  const [table, column] = byAuthor ? ['author_block', 'author'] : ['kind_block', 'type_hash'];
  const key = byAuthor ? filter.author : filter.typeHash;
  return database.query<{ first_index: bigint; statements: number }>(
    `SELECT DISTINCT b.first_index, q.statements FROM ${table} b JOIN sequenced_block q ON q.first_index = b.first_index
     WHERE ($1::bytea IS NULL OR b.${column} = $1) AND b.first_index + q.statements > $2
       AND b.first_index >= coalesce((SELECT max(first_index) FROM sequenced_block WHERE first_index <= $2), 0)
       AND ($3::numeric IS NULL OR b.max_time_ms >= $3) AND ($4::numeric IS NULL OR b.min_time_ms <= $4)
     ORDER BY b.first_index LIMIT ${BLOCKS_PER_READ}`,
    [key === undefined ? null : fromHex(key), cursor, filter.fromMs ?? null, filter.toMs ?? null],
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
