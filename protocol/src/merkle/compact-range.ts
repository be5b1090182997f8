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
    requireSize(this.#size + 1n);
    requireHash(leafHash);
    let hash = leafHash;
    let level = 0;
    let index = this.#size;
    onNode?.({ level, index }, hash);
    for (; (index & 1n) === 1n; index >>= 1n) {
      const left = this.#hashes.pop();
      if (left === undefined) break;
      hash = hashNode(left, hash, this.#primitives);
      level += 1;
      onNode?.({ level, index: index >> 1n }, hash);
    }
    this.#hashes.push(hash);
    this.#size += 1n;
  }

  /** Root of the tree so far. */
  root(): Uint8Array {
    return foldRange(this.#hashes, this.#primitives);
  }
}
