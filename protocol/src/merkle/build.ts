import { portable, type Primitives } from '../primitives.ts';
import { MerkleError } from './errors.ts';
import { emptyRoot, HASH_LENGTH, hashNode, requireSize } from './hash.ts';

const PAIR_LENGTH = 2 * HASH_LENGTH;

/** A perfect subtree: `level` 0 is a leaf; `index` counts subtrees of that level from the left. */
export type Node = { readonly level: number; readonly index: bigint };

/** One hash of a proof: the root of a range of leaves, as the perfect subtrees that make it up, left to right. */
export type NodeRange = readonly Node[];

/** Gives the hash of a perfect subtree of the log. */
export type ReadNode = (node: Node) => Uint8Array;

function largestPowerBelow(n: bigint): bigint {
  return 1n << BigInt(bitLength(n - 1n) - 1);
}

/**
 * Perfect subtrees of leaves [start, end), largest first; start must be a multiple of the largest one's width.
 *
 * @example nodesOf(0n, 6n) // [{ level: 2, index: 0n }, { level: 1, index: 2n }]
 */
export function nodesOf(start: bigint, end: bigint): NodeRange {
  const nodes: Node[] = [];
  for (let at = start; at < end;) {
    const widest = bitLength(end - at) - 1;
    const level = at === 0n ? widest : Math.min(widest, bitLength(at & -at) - 1);
    nodes.push({ level, index: at >> BigInt(level) });
    at += 1n << BigInt(level);
  }
  return nodes;
}

/**
 * Which hashes prove that leaf `index` is in a tree of `size` leaves, in the order of the path (RFC 9162 §2.1.3.1).
 *
 * @throws MerkleError `SizeOutOfRange`, `IndexOutOfRange`
 * @example
 * const ranges = inclusionRanges(index, size)
 * const hashes = await readAll(ranges.flat()) // by any I/O
 * inclusionPath(index, size, (node) => hashes.get(node))
 */
export function inclusionRanges(index: bigint, size: bigint): NodeRange[] {
  requireSize(size);
  if (index < 0n || index >= size) throw new MerkleError('IndexOutOfRange', `below ${size}`, String(index));
  // Below the level where the ways to the leaf and to the last leaf part, every sibling is perfect. There it is all that
  // lies to the right, and above it only siblings to the left are left over.
  const parting = bitLength(index ^ (size - 1n));
  const ranges: NodeRange[] = [];
  for (let level = 0; level < parting - 1; level++) {
    ranges.push([{ level, index: (index >> BigInt(level)) ^ 1n }]);
  }
  if (parting > 0) {
    const level = BigInt(parting - 1);
    ranges.push(nodesOf(((index >> level) + 1n) << level, size));
  }
  let above = index >> BigInt(parting);
  for (let level = parting; above > 0n; level++, above >>= 1n) {
    if ((above & 1n) === 1n) ranges.push([{ level, index: above ^ 1n }]);
  }
  return ranges;
}

function bitLength(n: bigint): number {
  return n === 0n ? 0 : n.toString(2).length;
}

/**
 * Which hashes prove that a tree of `size2` leaves extends one of `size1`, in the order of the path (RFC 9162 §2.1.4.1).
 *
 * @throws MerkleError `SizeOutOfRange`, `SizesNotAscending`
 * @example consistencyRanges(2n, 3n) // [[{ level: 0, index: 2n }]]
 */
export function consistencyRanges(size1: bigint, size2: bigint): NodeRange[] {
  requireSize(size2);
  if (size1 <= 0n) throw new MerkleError('SizeOutOfRange', 'at least 1', String(size1));
  if (size1 > size2) throw new MerkleError('SizesNotAscending', `at most ${size2}`, String(size1));
  const ranges: NodeRange[] = [];
  let start = 0n;
  let end = size2;
  while (size1 !== end) {
    const middle = start + largestPowerBelow(end - start);
    if (size1 <= middle) {
      ranges.push(nodesOf(middle, end));
      end = middle;
    } else {
      ranges.push(nodesOf(start, middle));
      start = middle;
    }
  }
  // The verifier holds the smaller root; it needs this node only where that root is not the node itself.
  if (start > 0n) ranges.push(nodesOf(start, end));
  return ranges.reverse();
}

/**
 * Root of the leaves of a range from the hashes of its perfect subtrees, largest first; of none, the empty tree's.
 *
 * @throws MerkleError `HashLength`
 * @example foldRange(await Promise.all(nodesOf(0n, size).map(readHash))) // root of the tree
 */
export function foldRange(hashes: readonly Uint8Array[], primitives: Primitives = portable): Uint8Array {
  if (hashes.length === 0) return emptyRoot(primitives);
  return hashes.reduceRight((right, left) => hashNode(left, right, primitives));
}

/**
 * Root of a perfect subtree from a row of its hashes, left to right.
 *
 * @param row hashes end to end, a power of two of them
 * @throws MerkleError `HashLength`
 * @example foldPerfect(fullTile) // the hash of that tile in the level above
 */
export function foldPerfect(row: Uint8Array, primitives: Primitives = portable): Uint8Array {
  const count = row.length / HASH_LENGTH;
  if (!Number.isInteger(Math.log2(count))) {
    throw new MerkleError('HashLength', `a power of two of ${HASH_LENGTH} bytes`, String(row.length));
  }
  let hashes = row;
  while (hashes.length > HASH_LENGTH) hashes = hashPairs(hashes, primitives);
  return hashes;
}

/**
 * The level above a row of hashes: each pair's {@link hashNode}.
 *
 * @param row hashes end to end, an even number of them
 * @throws MerkleError `HashLength`
 * @example const levels = [leaves, hashPairs(leaves)]
 */
export function hashPairs(row: Uint8Array, primitives: Primitives = portable): Uint8Array {
  if (row.length % PAIR_LENGTH !== 0) {
    throw new MerkleError('HashLength', `a multiple of ${PAIR_LENGTH} bytes`, String(row.length));
  }
  const above = new Uint8Array(row.length / 2);
  const message = new Uint8Array(1 + PAIR_LENGTH);
  message[0] = 1;
  for (let at = 0; at < row.length; at += PAIR_LENGTH) {
    message.set(row.subarray(at, at + PAIR_LENGTH), 1);
    above.set(primitives.sha256(message), at / 2);
  }
  return above;
}

/**
 * Root of a tree of `size` leaves.
 *
 * @throws MerkleError `SizeOutOfRange`, `HashLength`
 * @example rootOf(size, ({ level, index }) => tiles.node(level, index))
 */
export function rootOf(size: bigint, readNode: ReadNode, primitives: Primitives = portable): Uint8Array {
  requireSize(size);
  return foldRange(nodesOf(0n, size).map(readNode), primitives);
}

/**
 * Inclusion path of a leaf. Read the nodes of {@link inclusionRanges} first where reading them needs I/O.
 *
 * @throws MerkleError `SizeOutOfRange`, `IndexOutOfRange`, `HashLength`
 * @example inclusionPath(5n, 7n, ({ level, index }) => tiles.node(level, index))
 */
export function inclusionPath(
  index: bigint,
  size: bigint,
  readNode: ReadNode,
  primitives: Primitives = portable,
): Uint8Array[] {
  return inclusionRanges(index, size).map((range) => foldRange(range.map(readNode), primitives));
}

/**
 * Consistency path between two sizes; empty where they are the same.
 *
 * @throws MerkleError `SizeOutOfRange`, `SizesNotAscending`, `HashLength`
 * @example consistencyPath(5n, 7n, ({ level, index }) => tiles.node(level, index))
 */
export function consistencyPath(
  size1: bigint,
  size2: bigint,
  readNode: ReadNode,
  primitives: Primitives = portable,
): Uint8Array[] {
  return consistencyRanges(size1, size2).map((range) => foldRange(range.map(readNode), primitives));
}
