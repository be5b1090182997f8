import { portable, type Primitives } from '../primitives.ts';
import { MerkleError } from './errors.ts';
import { foldRange, nodesOf, type Node } from './build.ts';
import { hashNode, requireHash, requireSize } from './hash.ts';

/**
 * The right edge of a growing tree: the roots of its perfect subtrees, largest first. Appending a leaf costs one hash on
 * average and needs nothing else of the tree.
 *
 * @example
 * const range = new CompactRange()
 * range.append(hashLeaf(entry))
 * range.root()
 */
export class CompactRange {
  #size: bigint;
  readonly #hashes: Uint8Array[];
  readonly #primitives: Primitives;

  /**
   * @param size leaves so far
   * @param hashes roots of `nodesOf(0, size)`
   * @throws MerkleError `SizeOutOfRange`, `HashLength`; `PathLength` unless there is one hash for each set bit of the size
   */
  constructor(size = 0n, hashes: readonly Uint8Array[] = [], primitives: Primitives = portable) {
    requireSize(size);
    const expected = nodesOf(0n, size).length;
    if (hashes.length !== expected) {
      throw new MerkleError('PathLength', String(expected), String(hashes.length));
    }
    hashes.forEach(requireHash);
    this.#size = size;
    this.#hashes = [...hashes];
    this.#primitives = primitives;
  }

  get size(): bigint {
    return this.#size;
  }

  /** Roots of `nodesOf(0, size)`. */
  get hashes(): readonly Uint8Array[] {
    return [...this.#hashes];
  }

  /**
   * Adds a leaf.
   *
   * @param onNode told of every perfect subtree that the leaf completes, the leaf itself first
   * @throws MerkleError `SizeOutOfRange`, `HashLength`
   */
  append(leafHash: Uint8Array, onNode?: (node: Node, hash: Uint8Array) => void): void {
    this.appendSubtree(0, leafHash, onNode);
  }

  /**
   * Adds the `2^level` leaves of a perfect subtree by its root.
   *
   * @param onNode told of the subtree and of every larger one that it completes
   * @throws MerkleError `SizeOutOfRange` where no subtree of that level can begin, `HashLength`
   */
  appendSubtree(level: number, root: Uint8Array, onNode?: (node: Node, hash: Uint8Array) => void): void {
    const leaves = 1n << BigInt(level);
    requireSize(this.#size + leaves);
    requireHash(root);
    if (this.#size % leaves !== 0n)
      throw new MerkleError('SizeOutOfRange', `a multiple of ${leaves}`, String(this.#size));
    let hash = root;
    let height = level;
    let index = this.#size / leaves;
    onNode?.({ level: height, index }, hash);
    for (; (index & 1n) === 1n; index >>= 1n) {
      const left = this.#hashes.pop();
      if (left === undefined) break;
      hash = hashNode(left, hash, this.#primitives);
      height += 1;
      onNode?.({ level: height, index: index >> 1n }, hash);
    }
    this.#hashes.push(hash);
    this.#size += leaves;
  }

  /** Root of the tree so far. */
  root(): Uint8Array {
    return foldRange(this.#hashes, this.#primitives);
  }
}
