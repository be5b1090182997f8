import { CompactRange, hashLeaf, type ReadNode } from '../../../protocol/src/index.ts';

/** A tree grown entry by entry, with every node that it ever completed. */
export function growTree(entries: readonly Uint8Array[]): { range: CompactRange; readNode: ReadNode } {
  const hashes = new Map<string, Uint8Array>();
  const range = new CompactRange();
  for (const entry of entries) {
    range.append(hashLeaf(entry), ({ level, index }, hash) => hashes.set(`${level} ${index}`, hash));
  }
  const readNode: ReadNode = ({ level, index }) => {
    const hash = hashes.get(`${level} ${index}`);
    if (hash === undefined) throw new Error(`the tree has no node ${index} of level ${level}`);
    return hash;
  };
  return { range, readNode };
}
