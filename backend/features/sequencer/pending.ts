import { hashLeaf } from '@gridseal/protocol/merkle/hash';
import type { Primitives } from '@gridseal/protocol/primitives';
import { authorPartOf } from '@gridseal/protocol/statement/codec';
import type { Queryable } from '../../adapters/postgres/database.ts';

/** What linking an author chain needs of an acknowledged statement. Byte fields are views of its block. */
export type PendingStatement = {
  readonly authorPart: Uint8Array;
  readonly author: Uint8Array;
  readonly lane: number;
  readonly boot: number;
  readonly sequence: bigint;
  readonly previous: Uint8Array;
  readonly digest: Uint8Array;
};

/** A block about to enter the log: its statements and their leaf hashes, recomputed from the entry bytes. */
export type PendingBlock = {
  readonly id: bigint;
  readonly statements: readonly PendingStatement[];
  readonly leaves: Uint8Array;
};

const HASH = 32;
/** Where the words of a header start in an author part, after the type hash. */
const HEADER_AT = 32;
const WORD = 32;

/**
 * Acknowledged blocks in the order of their ids, at most `maxStatements` statements but at least one block. Ids commit out
 * of order, so a lower one may still come later.
 */
export const readPending = async (
  tx: Queryable,
  maxStatements: number,
  primitives: Primitives,
): Promise<PendingBlock[]> => {
  const rows = await tx.query<{ id: bigint; entry_ends: number[]; entries: Uint8Array; digests: Uint8Array }>(
    `SELECT b.id, b.entry_ends, b.entries, b.digests
     FROM (SELECT block, sum(statements) OVER (ORDER BY block) - statements AS before FROM pending_block) AS p
     JOIN statement_block b ON b.id = p.block
     WHERE p.before = 0 OR p.before < $1 ORDER BY b.id`,
    [maxStatements],
  );
  return rows.map((row) => toBlock(row.id, row.entry_ends, row.entries, row.digests, primitives));
};

const toBlock = (
  id: bigint,
  ends: readonly number[],
  entries: Uint8Array,
  digests: Uint8Array,
  primitives: Primitives,
): PendingBlock => {
  const leaves = new Uint8Array(HASH * ends.length);
  const statements = ends.map((end, i) => {
    const entry = entries.subarray(ends[i - 1] ?? 0, end);
    leaves.set(hashLeaf(entry, primitives), HASH * i);
    return { ...placeOf(authorPartOf(entry)), digest: digests.subarray(HASH * i, HASH * (i + 1)) };
  });
  return { id, statements, leaves };
};

/** Reads the header words that name a statement's place, without decoding the rest: ingest did. */
export const placeOf = (authorPart: Uint8Array): Omit<PendingStatement, 'digest'> => {
  const view = new DataView(authorPart.buffer, authorPart.byteOffset, authorPart.byteLength);
  const word = (index: number) => HEADER_AT + WORD * index;
  return {
    authorPart,
    author: authorPart.subarray(word(0) + 12, word(1)),
    lane: view.getUint32(word(3) - 4),
    boot: view.getUint32(word(4) - 4),
    sequence: view.getBigUint64(word(5) - 8),
    previous: authorPart.subarray(word(5), word(6)),
  };
};
