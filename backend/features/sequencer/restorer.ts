import { concatAll, equal, toHex } from '@gridseal/protocol/bytes';
import { hashLeaf } from '@gridseal/protocol/merkle/hash';
import type { Primitives } from '@gridseal/protocol/primitives';
import { authorPartOf, decodeEntry } from '@gridseal/protocol/statement/codec';
import { digestOfEncoded, type Domain } from '@gridseal/protocol/statement/digest';
import { deadlineAfter } from '@gridseal/protocol/statement/receipt';
import { parseCheckpoint } from '@gridseal/protocol/tlog/checkpoint';
import { parseNote, verifyNoteSignature, type VerifierKey } from '@gridseal/protocol/tlog/note';
import type { Database, Queryable } from '../../adapters/postgres/database.ts';
import { createChains } from './chains.ts';
import { SequencerError } from './errors.ts';
import {
  insertHead,
  readEdge,
  readHead,
  sequenceBlocks,
  writePublished,
  writeTiles,
  type LogHead,
} from './log-store.ts';
import { placeOf, type PendingStatement } from './pending.ts';
import { restoreEffects } from './restored-statements.ts';
import { appendLeaves, EMPTY_EDGE, rootOfEdge, type RightEdge } from './right-edge.ts';

/** Entries that an anchor covers and the one before did not, with what it says of them. */
export type AnchoredEntries = {
  readonly epoch: bigint;
  readonly size: bigint;
  readonly root: Uint8Array;
  /** The signed note that was anchored. */
  readonly checkpoint: string;
  readonly entries: AsyncIterable<Uint8Array>;
  /** What the receipts of the entries promise, in order. */
  readonly promises: readonly { readonly entries: bigint; readonly seconds: bigint }[];
};

/** Writes a log that was read back from elsewhere into an empty database. */
export type LogRestorer = {
  /** How many entries are back. */
  readonly size: () => Promise<bigint>;
  /**
   * Writes the next anchor's entries in one transaction: all of them, once their root is the anchored one, or none.
   *
   * @throws SequencerError `history-differs`, `checkpoint-invalid`
   */
  readonly append: (anchor: AnchoredEntries) => Promise<void>;
};

const TERM = 1n;
const NO_STATEMENTS = { sequence: 0n, previous: new Uint8Array(32) };
/** Most statements of a block, and of a portion that goes to the database at once. */
const BLOCK = 1_024;

type Waiting = PendingStatement & { readonly index: bigint; readonly bytes: Uint8Array };

/** @param keyOf the key that signed the checkpoints of an epoch; @param operator its address, 20 bytes */
export const createLogRestorer = (options: {
  readonly database: Database;
  readonly blockIds: { readonly next: () => Promise<bigint> };
  readonly primitives: Primitives;
  readonly domain: Domain;
  readonly operator: Uint8Array;
  readonly keyOf: (epoch: bigint) => VerifierKey;
  readonly now: () => number;
}): LogRestorer => {
  const { database, blockIds, primitives, domain, operator, keyOf, now } = options;
  const chains = createChains();

  const requireCheckpoint = ({ epoch, checkpoint, size, root }: AnchoredEntries): void => {
    const key = keyOf(epoch);
    const note = parseNote(checkpoint);
    const signed = parseCheckpoint(note.text);
    const isSigned = note.signatures.some((line) => verifyNoteSignature(note.text, line, key, primitives));
    if (isSigned && signed.origin === key.name && signed.size === size && equal(signed.root, root)) return;
    const expected = `${key.name} ${size} ${toHex(root)}`;
    throw new SequencerError(
      'checkpoint-invalid',
      expected,
      `${signed.origin} ${signed.size} ${toHex(signed.root)}`,
    );
  };

  /** Writes statements that were received together as one block, as they were before. */
  const writeBlock = async (
    tx: Queryable,
    statements: readonly Waiting[],
    { receiptTimeMs, deadline }: { readonly receiptTimeMs: bigint; readonly deadline: bigint },
  ): Promise<void> => {
    const [first] = statements;
    if (first === undefined) return;
    const id = await blockIds.next();
    let end = 0;
    const ends = statements.map(({ bytes }) => (end += bytes.length));
    const digests = Buffer.concat(statements.map(({ digest }) => digest));
    await tx.execute(
      `INSERT INTO statement_block (id, receipt_time_ms, deadline, entry_ends, entries, digests)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        id,
        receiptTimeMs,
        deadline,
        ends,
        Buffer.concat(
          statements.map(({ bytes }) => bytes),
          end,
        ),
        digests,
      ],
    );
    // Of two statements for one place the first counts, as an audit will say.
    await tx.execute(
      `INSERT INTO statement (author, lane, boot, sequence, block, position, digest)
       SELECT substr($1::bytea, 20 * n::int - 19, 20), lane, boot, sequence, $5, n - 1, substr($6::bytea, 32 * n::int - 31, 32)
       FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS c (lane, boot, sequence, n)
       ORDER BY n ON CONFLICT DO NOTHING`,
      [
        Buffer.concat(statements.map(({ author }) => author)),
        statements.map(({ lane }) => lane),
        statements.map(({ boot }) => boot),
        statements.map(({ sequence }) => sequence),
        id,
        digests,
      ],
    );
    await chains.link(tx, statements, Number(receiptTimeMs));
    const leaves = concatAll(statements.map(({ bytes }) => hashLeaf(bytes, primitives)));
    await sequenceBlocks(tx, [{ id, leaves }], first.index, TERM);
    for (const statement of statements) await restoreEffects(tx, statement, primitives);
  };

  const read = (bytes: Uint8Array, index: bigint): Waiting => {
    const authorPart = authorPartOf(bytes);
    return { ...placeOf(authorPart), digest: digestOfEncoded(authorPart, domain, primitives), index, bytes };
  };

  const append = async (tx: Queryable, anchor: AnchoredEntries): Promise<void> => {
    const before = await readHead(tx);
    const stored = before === undefined ? EMPTY_EDGE : await readEdge(tx, before.size);
    let edge: RightEdge = stored;
    // In each epoch the operator's statements are a chain of their own.
    let chain = before?.epoch === anchor.epoch ? before.operator : NO_STATEMENTS;
    let index = before?.size ?? 0n;
    let waiting: Waiting[] = [];
    let received = { receiptTimeMs: -1n, deadline: -1n };
    const promised = promisesOf(anchor.promises);

    const flush = async (): Promise<void> => {
      await writeBlock(tx, waiting, received);
      const leaves = concatAll(waiting.map(({ bytes }) => hashLeaf(bytes, primitives)));
      const grown = appendLeaves(edge, leaves, primitives);
      await writeTiles(tx, grown.tiles, edge, grown.edge);
      edge = grown.edge;
      waiting = [];
    };

    for await (const bytes of anchor.entries) {
      const statement = read(bytes, index);
      const { receiptTimeMs } = decodeEntry(bytes).operatorPart;
      const deadline = deadlineAfter(receiptTimeMs, promised.next());
      const isTogether = receiptTimeMs === received.receiptTimeMs && deadline === received.deadline;
      if (waiting.length === BLOCK || !isTogether) await flush();
      received = { receiptTimeMs, deadline };
      waiting.push(statement);
      index += 1n;
      if (equal(statement.author, operator) && statement.boot === Number(anchor.epoch))
        chain = { sequence: statement.sequence + 1n, previous: statement.digest };
    }
    await flush();

    const root = rootOfEdge(edge, primitives);
    if (edge.size !== anchor.size || !equal(root, anchor.root))
      throw new SequencerError(
        'history-differs',
        `${anchor.size} ${toHex(anchor.root)}, as anchored`,
        `${edge.size} ${toHex(root)}`,
      );
    const { epoch, size, checkpoint } = anchor;
    const { name: origin } = keyOf(epoch);
    const head: LogHead = { origin, epoch, term: TERM, size, root, checkpoint, operator: chain };
    await tx.execute('DELETE FROM log_head');
    await insertHead(tx, head, now());
    await writePublished(tx, head, now());
  };

  return {
    size: async () => (await readHead(database))?.size ?? 0n,
    append: async (anchor) => {
      requireCheckpoint(anchor);
      try {
        await database.transaction((tx) => append(tx, anchor));
      } catch (error) {
        chains.forget();
        throw error;
      }
    },
  };
};

/** The promise of one entry after the other. */
const promisesOf = (runs: AnchoredEntries['promises']): { readonly next: () => bigint } => {
  let [run, left] = [-1, 0n];
  return {
    next: () => {
      while (left === 0n) {
        run += 1;
        const found = runs[run];
        if (found === undefined)
          throw new SequencerError('history-differs', 'a promise for every entry', 'fewer');
        left = found.entries;
      }
      left -= 1n;
      return runs[run]!.seconds;
    },
  };
};
