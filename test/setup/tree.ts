import {
  consistencyPath,
  hashLeaf,
  hashNode,
  inclusionPath,
  rootOf,
  toHex,
  utf8,
  type Hex,
  type Node,
} from '@gridseal/protocol';

/** A log of numbered leaves, as hex for contracts. */
export type TestTree = {
  readonly leaf: (index: bigint) => Hex;
  readonly root: (size: bigint) => Hex;
  readonly inclusion: (index: bigint, size: bigint) => Hex[];
  readonly consistency: (size1: bigint, size2: bigint) => Hex[];
};

/**
 * Reads a tree that begins with the `size` leaves of another and has made-up nodes beyond: a thief of an anchor key need not
 * have leaves, and can prove a tree of 2^62 of them.
 */
export const forgedBeyond = (
  size: bigint,
  read: (node: Node) => Uint8Array,
): ((node: Node) => Uint8Array) => {
  const forged = (node: Node): Uint8Array => {
    const width = 1n << BigInt(node.level);
    if ((node.index + 1n) * width <= size) return read(node);
    if (node.index * width >= size) return hashLeaf(utf8(`made up ${node.level}/${node.index}`));
    const [left, right] = [0n, 1n].map((side) =>
      forged({ level: node.level - 1, index: 2n * node.index + side }),
    );
    return hashNode(left!, right!);
  };
  return forged;
};

/**
 * Two trees of one name are the same; of two names they differ from `forkAt` on.
 *
 * @param madeUpFrom nodes beyond so many leaves have no leaves below them
 *
 * @example createTree('honest').root(7n)
 */
export const createTree = (name: string, forkAt = 0n, madeUpFrom?: bigint): TestTree => {
  const known = new Map<string, Uint8Array>();
  const read = (node: Node): Uint8Array => {
    const place = `${node.level}/${node.index}`;
    const found = known.get(place);
    if (found !== undefined) return found;
    const hash = node.level === 0 ? leafAt(node.index) : joined(node);
    known.set(place, hash);
    return hash;
  };
  const leafAt = (index: bigint): Uint8Array =>
    hashLeaf(utf8(index < forkAt ? `shared ${index}` : `${name} ${index}`));
  const joined = ({ level, index }: Node): Uint8Array =>
    hashNode(
      read({ level: level - 1, index: 2n * index }),
      read({ level: level - 1, index: 2n * index + 1n }),
    );
  const readNode = madeUpFrom === undefined ? read : forgedBeyond(madeUpFrom, read);
  const hex = (hashes: readonly Uint8Array[]): Hex[] => hashes.map((hash) => toHex(hash));
  return {
    leaf: (index) => toHex(leafAt(index)),
    root: (size) => toHex(rootOf(size, readNode)),
    inclusion: (index, size) => hex(inclusionPath(index, size, readNode)),
    consistency: (size1, size2) => hex(consistencyPath(size1, size2, readNode)),
  };
};
