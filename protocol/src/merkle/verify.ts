import { equal, toHex } from '../bytes.ts';
import { portable, type Primitives } from '../primitives.ts';
import { MerkleError } from './errors.ts';
import { hashNode, requireHash, requireSize } from './hash.ts';

/** A claim that a leaf stands at an index of a tree. */
export type InclusionClaim = {
  readonly index: bigint;
  readonly size: bigint;
  readonly leafHash: Uint8Array;
  /** Sibling hashes from the leaf up. */
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
};

/** A claim that a tree of `size2` leaves begins with one of `size1`. */
export type ConsistencyClaim = {
  readonly size1: bigint;
  readonly root1: Uint8Array;
  readonly size2: bigint;
  readonly root2: Uint8Array;
  readonly path: readonly Uint8Array[];
};

function requireRoot(expected: Uint8Array, actual: Uint8Array): void {
  if (!equal(expected, actual)) throw new MerkleError('RootMismatch', toHex(expected), toHex(actual));
}

/**
 * The root that an inclusion path leads to (RFC 9162 §2.1.3.2).
 *
 * @throws MerkleError `SizeOutOfRange`, `IndexOutOfRange`, `HashLength`, `PathLength`
 * @example rootFromInclusion({ index: 1n, size: 2n, leafHash, path: [sibling] }) // hashNode(sibling, leafHash)
 */
export function rootFromInclusion(
  { index, size, leafHash, path }: Omit<InclusionClaim, 'root'>,
  primitives: Primitives = portable,
): Uint8Array {
  requireSize(size);
  if (index < 0n || index >= size) throw new MerkleError('IndexOutOfRange', `below ${size}`, String(index));
  requireHash(leafHash);
  let node = index;
  let last = size - 1n;
  let hash = leafHash;
  for (const sibling of path) {
    requireHash(sibling);
    if (last === 0n) throw new MerkleError('PathLength', 'a shorter path', String(path.length));
    if ((node & 1n) === 1n || node === last) {
      hash = hashNode(sibling, hash, primitives);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = hashNode(hash, sibling, primitives);
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new MerkleError('PathLength', 'a longer path', String(path.length));
  return hash;
}

/**
 * Checks that a leaf is in a tree (RFC 9162 §2.1.3.2).
 *
 * @throws MerkleError `RootMismatch` with both roots, and what {@link rootFromInclusion} throws
 * @example verifyInclusion({ index: 0n, size: 1n, leafHash, path: [], root: leafHash })
 */
export function verifyInclusion(claim: InclusionClaim, primitives: Primitives = portable): void {
  requireHash(claim.root);
  requireRoot(claim.root, rootFromInclusion(claim, primitives));
}

/**
 * Checks that the larger tree extends the smaller one (RFC 9162 §2.1.4.2). Equal sizes need equal roots and no path, and
 * nothing is hashed; size 0 is a prefix of every tree and proves nothing, so it is refused.
 *
 * @throws MerkleError `SizeOutOfRange`, `SizesNotAscending`, `HashLength`, `PathLength`, `RootMismatch`
 * @example verifyConsistency({ size1: 6n, root1, size2: 9n, root2, path })
 */
export function verifyConsistency(
  { size1, root1, size2, root2, path }: ConsistencyClaim,
  primitives: Primitives = portable,
): void {
  requireSize(size2);
  if (size1 <= 0n) throw new MerkleError('SizeOutOfRange', 'at least 1', String(size1));
  if (size1 > size2) throw new MerkleError('SizesNotAscending', `at most ${size2}`, String(size1));
  if (size1 === size2) {
    if (path.length > 0) throw new MerkleError('PathLength', '0', String(path.length));
    requireRoot(root2, root1);
    return;
  }
  for (const hash of [root1, root2, ...path]) requireHash(hash);
  // A smaller tree that is a perfect subtree of the larger one is its own first node.
  const hashes = (size1 & (size1 - 1n)) === 0n ? [root1, ...path] : path;
  const seed = hashes[0];
  if (seed === undefined || path.length === 0) throw new MerkleError('PathLength', 'a longer path', '0');
  let node = size1 - 1n;
  let last = size2 - 1n;
  while ((node & 1n) === 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  let older = seed;
  let newer = seed;
  for (const sibling of hashes.slice(1)) {
    if (last === 0n) throw new MerkleError('PathLength', 'a shorter path', String(path.length));
    if ((node & 1n) === 1n || node === last) {
      older = hashNode(sibling, older, primitives);
      newer = hashNode(sibling, newer, primitives);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      newer = hashNode(newer, sibling, primitives);
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new MerkleError('PathLength', 'a longer path', String(path.length));
  requireRoot(root1, older);
  requireRoot(root2, newer);
}
