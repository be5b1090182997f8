import { concat, equal, fromBigInt, requireLength, toHex, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { saltKey } from '../payload/keys.ts';
import { portable, type Primitives } from '../primitives.ts';
import { BLOCK_LENGTH, blocksOf, countOf, decodeBlock, requireReadingCount } from './block.ts';
import type { Reading } from './reading.ts';

const TAG = utf8('gridseal/readings-root/v');
const SALT_LENGTH = 32;
const SALT_WORDS = 8;
const HASH_LENGTH = 32;
const MAX_DEPTH = 16;

/** Root of an empty subtree at each level: zero, then the hash of two of the level below. */
const PADDING: readonly Uint8Array[] = paddingTo(MAX_DEPTH);

/** The readings of a batch under one root, with all that is needed to open any of them. */
export type Commitment = {
  /** `readingsRoot` of the statement, 32 bytes. */
  readonly root: Uint8Array;
  readonly count: number;
  /** Salted blocks, n × 64 bytes. */
  readonly blocks: Uint8Array;
  /** Hashes of each level, leaves first, without padding. */
  readonly levels: readonly Uint8Array[];
};

/** One reading shown to somebody: it reveals nothing of the others. */
export type Disclosure = {
  readonly index: number;
  /** 64 bytes, salt included. */
  readonly block: Uint8Array;
  /** Sibling hashes, lowest level first. */
  readonly path: readonly Uint8Array[];
};

/**
 * Commits to the readings of a batch: a SHA-256 tree over salted blocks, its depth fixed by the count.
 *
 * @param batchKey 32 random bytes from which the salts are derived
 * @throws ProtocolError what `blocksOf` throws; `LengthMismatch`
 * @example const { root } = commit({ readings, batchKey })
 */
export function commit(
  { readings, batchKey }: { readings: readonly Reading[]; batchKey: Uint8Array },
  primitives: Primitives = portable,
): Commitment {
  return commitBlocks({ blocks: blocksOf(readings), batchKey }, primitives);
}

/**
 * {@link commit} over readings already laid out as blocks. The blocks given are not changed.
 *
 * @throws ProtocolError `LengthMismatch`, `CountMismatch`
 */
export function commitBlocks(
  { blocks, batchKey }: { blocks: Uint8Array; batchKey: Uint8Array },
  primitives: Primitives = portable,
): Commitment {
  const count = countOf(blocks);
  const salted = blocks.slice();
  addSalts(salted, batchKey, primitives);
  const levels = levelsOf(salted, primitives);
  return { root: rootOf(levels.at(-1)!, count, primitives), count, blocks: salted, levels };
}

/**
 * The root alone, for whoever checks one. The salts are written into the blocks given.
 *
 * @throws ProtocolError as {@link commitBlocks}
 */
export function readingsRootOf(
  { blocks, batchKey }: { blocks: Uint8Array; batchKey: Uint8Array },
  primitives: Primitives = portable,
): Uint8Array {
  const count = countOf(blocks);
  addSalts(blocks, batchKey, primitives);
  return rootOf(levelsOf(blocks, primitives).at(-1)!, count, primitives);
}

/**
 * Shows one reading of a batch. Its block and the hashes of its path are views of the commitment.
 *
 * @throws ProtocolError `OutOfRange` unless index < count
 * @example const disclosure = openReading(commitment, 3)
 */
export function openReading(commitment: Commitment, index: number): Disclosure {
  return openReadings(commitment, [index])[0]!;
}

/**
 * Shows several readings of a batch. Their paths share the hashes they have in common: a whole batch of n readings holds
 * 2 n of them, where paths of their own would hold n log₂ n.
 *
 * @throws ProtocolError `OutOfRange` unless every index < count
 * @example const disclosures = openReadings(commitment, [0, 3, 4])
 */
export function openReadings(
  { count, blocks, levels }: Commitment,
  indices: readonly number[],
): Disclosure[] {
  const depth = levels.length - 1;
  // A level that has no more hashes than there are paths is split once for all of them.
  const rows = levels.map((level) =>
    indices.length * HASH_LENGTH < level.length ? undefined : splitRow(level),
  );
  return indices.map((index) => {
    requireIndex(index, count);
    const path = new Array<Uint8Array>(depth);
    for (let height = 0; height < depth; height++) {
      const sibling = (index >>> height) ^ 1;
      path[height] = rows[height]?.[sibling] ?? hashAt(levels[height]!, sibling, height);
    }
    return { index, block: viewOf(blocks, index, BLOCK_LENGTH), path };
  });
}

function hashAt(level: Uint8Array, n: number, height: number): Uint8Array {
  return HASH_LENGTH * n < level.length ? viewOf(level, n, HASH_LENGTH) : PADDING[height]!;
}

/** The n-th piece of bytes that are made of pieces of one length. Half as dear as `subarray`. */
function viewOf(bytes: Uint8Array, n: number, length: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + length * n, length);
}

function splitRow(level: Uint8Array): Uint8Array[] {
  return Array.from({ length: level.length / HASH_LENGTH }, (_, i) => viewOf(level, i, HASH_LENGTH));
}

/**
 * Checks that a disclosed block is the reading at its index under a batch's root, and returns the reading.
 *
 * @param root `readingsRoot` of the signed statement
 * @param count `count` of the signed statement: it fixes the length of the path
 * @throws ProtocolError `OutOfRange`, `CountMismatch`, `LengthMismatch`, `NonCanonical`, `RootMismatch`
 * @example const { value } = verifyDisclosure({ root: body.readingsRoot, count: body.count, disclosure })
 */
export function verifyDisclosure(
  { root, count, disclosure }: { root: Uint8Array; count: number; disclosure: Disclosure },
  primitives: Primitives = portable,
): Reading {
  const { index, block, path } = disclosure;
  requireReadingCount(count);
  requireIndex(index, count);
  const { reading } = decodeBlock(block, 'disclosure.block');
  const depth = depthOf(count);
  if (path.length !== depth) {
    throw new ProtocolError('CountMismatch', 'disclosure.path', { expected: depth, actual: path.length });
  }
  let hash: Uint8Array = primitives.sha256(block);
  path.forEach((sibling, height) => {
    requireLength(sibling, HASH_LENGTH, `disclosure.path[${height}]`);
    const isRight = ((index >>> height) & 1) === 1;
    hash = primitives.sha256(isRight ? concat(sibling, hash) : concat(hash, sibling));
  });
  const actual = rootOf(hash, count, primitives);
  if (!equal(actual, root)) {
    throw new ProtocolError('RootMismatch', 'readingsRoot', { expected: toHex(root), actual: toHex(actual) });
  }
  return reading;
}

/** Number of hashes in every path of a batch: ⌈log₂ count⌉. */
export function depthOf(count: number): number {
  return 32 - Math.clz32(count - 1);
}

function addSalts(blocks: Uint8Array, batchKey: Uint8Array, primitives: Primitives): void {
  const key = saltKey(batchKey, primitives);
  const salts = primitives.aesCtrKeystream(key, (SALT_LENGTH * blocks.length) / BLOCK_LENGTH);
  if (blocks.byteOffset % 4 !== 0 || salts.byteOffset % 4 !== 0) {
    for (let i = 0; i < salts.length; i += SALT_LENGTH) blocks.set(salts.subarray(i, i + SALT_LENGTH), 2 * i);
    return;
  }
  // Four bytes at a time: a call for each salt costs more than the salts.
  const from = new Uint32Array(salts.buffer, salts.byteOffset, salts.length / 4);
  const to = new Uint32Array(blocks.buffer, blocks.byteOffset, blocks.length / 4);
  for (let salt = 0; salt < from.length; salt += SALT_WORDS)
    for (let i = 0; i < SALT_WORDS; i++) to[2 * salt + i] = from[salt + i]!;
}

function levelsOf(blocks: Uint8Array, primitives: Primitives): Uint8Array[] {
  const count = blocks.length / BLOCK_LENGTH;
  // Each level lies behind the one below, with room for the padding that makes its number even.
  const nodes = new Uint8Array(HASH_LENGTH * (2 * count + 2 * MAX_DEPTH));
  const levels: Uint8Array[] = [];
  let below = blocks;
  for (let width = count, at = 0, height = 0; ; width = Math.ceil(width / 2), height++) {
    const level = nodes.subarray(at, at + HASH_LENGTH * width);
    levels.push(primitives.sha256Blocks(below, level));
    if (width === 1) return levels;
    if (width % 2 === 1) nodes.set(PADDING[height]!, at + level.length);
    const even = HASH_LENGTH * (width + (width % 2));
    below = nodes.subarray(at, at + even);
    at += even;
  }
}

function rootOf(treeRoot: Uint8Array, count: number, primitives: Primitives): Uint8Array {
  return primitives.sha256(concat(treeRoot, fromBigInt(BigInt(count), 8, 'count'), TAG));
}

function requireIndex(index: number, count: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new ProtocolError('OutOfRange', 'disclosure.index', {
      expected: `from 0 to ${count - 1}`,
      actual: index,
    });
  }
}

function paddingTo(depth: number): Uint8Array[] {
  const roots: Uint8Array[] = [new Uint8Array(HASH_LENGTH)];
  for (let height = 0; height < depth; height++) {
    const below = roots[height]!;
    roots.push(portable.sha256(concat(below, below)));
  }
  return roots;
}
