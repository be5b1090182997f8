import { equal, toHex } from '@gridseal/protocol/bytes';
import { hashLeaf, emptyRoot } from '@gridseal/protocol/merkle/hash';
import { foldPerfect, foldRange, nodesOf } from '@gridseal/protocol/merkle/build';
import type { Primitives } from '@gridseal/protocol/primitives';
import { parseCheckpoint, type Checkpoint } from '@gridseal/protocol/tlog/checkpoint';
import { parseNote, verifyNoteSignature, type NoteSigner } from '@gridseal/protocol/tlog/note';
import { spanOf, TILE_WIDTH } from '@gridseal/protocol/tlog/tile';
import type { Database, Queryable } from '../../adapters/postgres/database.ts';
import { SequencerError } from './errors.ts';
import { requireEdge, signCheckpoint, type LogState } from './integration.ts';
import { beginEpoch, insertHead, raiseTerm, readEdge, type LogHead } from './log-store.ts';
import type { PublishedFile } from './published.ts';
import { EMPTY_EDGE, hasWidthsOf, type RightEdge } from './right-edge.ts';

/** A state of this log that others hold us to; some tell its size only. */
export type Witnessed = { readonly size: bigint; readonly root?: Uint8Array };

const HASH = 32;
const NO_STATEMENTS = { sequence: 0n, previous: new Uint8Array(HASH) };

/**
 * Takes the log over under a new term, or begins it, after checking that it may be continued: the right edge is computed
 * again from entries and tiles, the last checkpoint is ours, and nothing published or anchored is ahead of the database. Where
 * the chain has begun a later epoch, the log goes on in it with all its entries, under a checkpoint of the new origin.
 *
 * @param note signs checkpoints of this epoch; `noteOf` gives the signer of an earlier one
 * @param witnessed states known elsewhere, such as the chain's newest anchor in this epoch
 * @throws SequencerError when the log must not be continued
 */
export const takeOver = async (options: {
  readonly database: Database;
  readonly origin: string;
  readonly epoch: bigint;
  readonly note: NoteSigner;
  readonly noteOf: (epoch: bigint) => NoteSigner;
  readonly published: PublishedFile;
  readonly witnessed: () => Promise<readonly Witnessed[]>;
  readonly primitives: Primitives;
  readonly nowMs: number;
}): Promise<LogState> => {
  const { database, origin, epoch, note, primitives } = options;
  const file = await options.published.read();
  const shown = file === undefined ? [] : [readShown(file, options)];
  const elsewhere = await options.witnessed();

  return database.transaction(async (tx) => {
    const found = await raiseTerm(tx);
    const head = found ?? (await begin(tx, options));
    const signer = head.epoch < epoch ? options.noteOf(head.epoch) : note;
    if (head.origin !== signer.verifierKey.name || head.epoch > epoch)
      throw new SequencerError(
        'origin-differs',
        `${origin}, epoch ${epoch}`,
        `${head.origin}, epoch ${head.epoch}`,
      );
    requireSigned(head, signer, primitives);
    const edge = found === undefined ? EMPTY_EDGE : await readEdge(tx, head.size);
    if (!hasWidthsOf(edge))
      throw new SequencerError('edge-differs', `the widths of size ${head.size}`, 'other widths');
    requireEdge({ head, edge }, primitives);
    await requireRecomputed(tx, edge, primitives);
    for (const state of [
      ...shown.filter((state) => state.origin === origin || state.size <= head.size),
      ...elsewhere,
    ])
      await requireContinues(tx, { head, edge }, state, primitives);
    if (head.epoch === epoch) return { head, edge };
    const { size, root } = head;
    const checkpoint = signCheckpoint({ origin, size, root }, note);
    const begun = { ...head, origin, epoch, checkpoint, operator: NO_STATEMENTS };
    await beginEpoch(tx, begun, options.nowMs);
    return { head: begun, edge };
  });
};

const begin = async (
  tx: Queryable,
  { origin, epoch, note, primitives, nowMs }: Parameters<typeof takeOver>[0],
): Promise<LogHead> => {
  const root = emptyRoot(primitives);
  const checkpoint = signCheckpoint({ origin, size: 0n, root }, note);
  const head = { origin, epoch, term: 1n, size: 0n, root, checkpoint, operator: NO_STATEMENTS };
  await insertHead(tx, head, nowMs);
  return head;
};

const readOwnCheckpoint = (text: string, note: NoteSigner, primitives: Primitives): Checkpoint => {
  const parsed = parseNote(text);
  if (!parsed.signatures.some((line) => verifyNoteSignature(parsed.text, line, note.verifierKey, primitives)))
    throw new SequencerError(
      'checkpoint-invalid',
      `a signature by ${note.verifierKey.name}`,
      'none that verifies',
    );
  return parseCheckpoint(parsed.text);
};

/**
 * What was shown last, in this epoch or in one before: it may have ended before anything was shown in the new one. What was
 * shown in an earlier epoch beyond what there is now was given up when the owner and the guardians began this one.
 */
const readShown = (
  text: string,
  { epoch, note, noteOf, primitives }: Parameters<typeof takeOver>[0],
): Checkpoint => {
  const { origin } = parseCheckpoint(parseNote(text).text);
  const shownIn = /\/(\d{1,10})$/u.exec(origin)?.[1];
  const isEarlier = shownIn !== undefined && BigInt(shownIn) < epoch;
  return readOwnCheckpoint(text, isEarlier ? noteOf(BigInt(shownIn)) : note, primitives);
};

const requireSigned = (head: LogHead, note: NoteSigner, primitives: Primitives): void => {
  const { origin, size, root } = readOwnCheckpoint(head.checkpoint, note, primitives);
  if (origin !== head.origin || size !== head.size || !equal(root, head.root))
    throw new SequencerError(
      'checkpoint-invalid',
      `${head.size} ${toHex(head.root)}`,
      `${size} ${toHex(root)}`,
    );
};

/** Hashes the entries of the lowest edge tile again, and the full tiles below every other edge hash. */
const requireRecomputed = async (tx: Queryable, edge: RightEdge, primitives: Primitives): Promise<void> => {
  const [leaves, ...above] = edge.levels;
  if (leaves !== undefined) await requireEntries(tx, edge.size, leaves, primitives);
  for (const [i, hashes] of above.entries()) {
    const width = hashes.length / HASH;
    const first = ((edge.size >> BigInt(8 * (i + 1))) / BigInt(TILE_WIDTH)) * BigInt(TILE_WIDTH);
    const tiles = await tx.query<{ hashes: Uint8Array }>(
      'SELECT hashes FROM tile WHERE level = $1 AND number >= $2 AND number < $3 ORDER BY number',
      [i, first, first + BigInt(width)],
    );
    const roots = Buffer.concat(tiles.map((tile) => foldPerfect(tile.hashes, primitives)));
    if (!equal(roots, hashes))
      throw new SequencerError('edge-differs', `level ${i + 1}: ${toHex(hashes)}`, toHex(roots));
  }
};

const requireEntries = async (
  tx: Queryable,
  size: bigint,
  leaves: Uint8Array,
  primitives: Primitives,
): Promise<void> => {
  const from = size - BigInt(leaves.length / HASH);
  const rows = await tx.query<{ first_index: bigint; entry_ends: number[]; entries: Uint8Array }>(
    `SELECT q.first_index, b.entry_ends, b.entries FROM sequenced_block q JOIN statement_block b ON b.id = q.block
     WHERE q.first_index >= (SELECT max(first_index) FROM sequenced_block WHERE first_index <= $1)
       AND q.first_index < $2
     ORDER BY q.first_index`,
    [from, size],
  );
  const hashes: Uint8Array[] = [];
  for (const { first_index, entry_ends, entries } of rows)
    for (const [i, end] of entry_ends.entries())
      if (first_index + BigInt(i) >= from)
        hashes.push(hashLeaf(entries.subarray(entry_ends[i - 1] ?? 0, end), primitives));
  const found = Buffer.concat(hashes);
  if (!equal(found, leaves)) throw new SequencerError('entry-differs', toHex(leaves), toHex(found));
};

const requireContinues = async (
  tx: Queryable,
  { head, edge }: LogState,
  state: Witnessed,
  primitives: Primitives,
): Promise<void> => {
  if (state.size > head.size)
    throw new SequencerError(
      'database-behind',
      `size ${state.size} or more, as was published`,
      `${head.size}`,
    );
  if (state.root === undefined) return;
  const root = await rootAt(tx, edge, state.size, primitives);
  if (!equal(root, state.root))
    throw new SequencerError('history-differs', `${state.size} ${toHex(state.root)}`, toHex(root));
};

const rootAt = async (
  tx: Queryable,
  edge: RightEdge,
  size: bigint,
  primitives: Primitives,
): Promise<Uint8Array> => {
  const hashes: Uint8Array[] = [];
  for (const node of nodesOf(0n, size)) {
    const { level, index, start, end } = spanOf(node);
    const [row] = await tx.query<{ hashes: Uint8Array }>(
      'SELECT hashes FROM tile WHERE level = $1 AND number = $2',
      [level, index],
    );
    const tile = row?.hashes ?? edge.levels[level] ?? new Uint8Array(0);
    if (tile.length < HASH * end)
      throw new SequencerError(
        'edge-differs',
        `${end} hashes in tile ${level}/${index}`,
        String(tile.length / HASH),
      );
    hashes.push(foldPerfect(tile.subarray(HASH * start, HASH * end), primitives));
  }
  return foldRange(hashes, primitives);
};
