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
 * Two trees of one name are the same; of two names they differ from `forkAt` on.
 *
 * @example createTree('honest').root(7n)
 */
export const createTree = (name: string, forkAt = 0n): TestTree => {
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
  const hex = (hashes: readonly Uint8Array[]): Hex[] => hashes.map((hash) => toHex(hash));
  return {
    leaf: (index) => toHex(leafAt(index)),
    root: (size) => toHex(rootOf(size, read)),
    inclusion: (index, size) => hex(inclusionPath(index, size, read)),
    consistency: (size1, size2) => hex(consistencyPath(size1, size2, read)),
  };
};
