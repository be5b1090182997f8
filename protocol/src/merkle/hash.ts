import { portable, type Primitives } from '../primitives.ts';
import { MerkleError } from './errors.ts';

/** Bytes of every hash of the log. */
export const HASH_LENGTH = 32;

/** Most leaves a log may have, exclusive: contracts and C2SP tools read sizes as signed 64-bit integers. */
export const MAX_TREE_SIZE = 1n << 63n;

/**
 * Messages under way, written anew for every hash: to make one costs as much as to hash it. The first byte tells leaves
 * from nodes and is never written again.
 */
const leafMessage = new Uint8Array(4096);
const nodeMessage = new Uint8Array(1 + 2 * HASH_LENGTH);
nodeMessage[0] = 1;

/**
 * Throws unless the bytes have the length of a hash.
 *
 * @throws MerkleError `HashLength`
 * @example requireHash(new Uint8Array(32))
 */
export function requireHash(hash: Uint8Array): void {
  if (hash.length !== HASH_LENGTH) {
    throw new MerkleError('HashLength', String(HASH_LENGTH), String(hash.length));
  }
}

/**
 * Throws unless a tree may have so many leaves.
 *
 * @throws MerkleError `SizeOutOfRange`
 * @example requireSize(0n)
 */
export function requireSize(size: bigint): void {
  if (size < 0n || size >= MAX_TREE_SIZE) {
    throw new MerkleError('SizeOutOfRange', `from 0 to ${MAX_TREE_SIZE - 1n}`, String(size));
  }
}

/**
 * Root of the tree without leaves: SHA-256 of nothing (RFC 6962 §2.1).
 *
 * @example toHex(emptyRoot()) // '0xe3b0c442…'
 */
export function emptyRoot(primitives: Primitives = portable): Uint8Array {
  return primitives.sha256(new Uint8Array(0));
}

/**
 * Hash of a leaf: `SHA-256(0x00 ‖ entry)` (RFC 6962 §2.1).
 *
 * @example hashLeaf(encodeEntry(entry))
 */
export function hashLeaf(entry: Uint8Array, primitives: Primitives = portable): Uint8Array {
  const length = 1 + entry.length;
  const message = length <= leafMessage.length ? leafMessage.subarray(0, length) : new Uint8Array(length);
  message.set(entry, 1);
  return primitives.sha256(message);
}

/**
 * Hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)` (RFC 6962 §2.1).
 *
 * @throws MerkleError `HashLength`
 * @example hashNode(hashLeaf(first), hashLeaf(second)) // root of a tree of two entries
 */
export function hashNode(left: Uint8Array, right: Uint8Array, primitives: Primitives = portable): Uint8Array {
  requireHash(left);
  requireHash(right);
  nodeMessage.set(left, 1);
  nodeMessage.set(right, 1 + HASH_LENGTH);
  return primitives.sha256(nodeMessage);
}
