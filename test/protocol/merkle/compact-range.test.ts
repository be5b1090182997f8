import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  CompactRange,
  concat,
  foldPerfect,
  hashLeaf,
  MerkleError,
  utf8,
} from '../../../protocol/src/index.ts';

const leaves = Array.from({ length: 70 }, (_, i) => hashLeaf(utf8(`entry ${i}`)));
const grown = (count: number): CompactRange => {
  const range = new CompactRange();
  for (const leaf of leaves.slice(0, count)) range.append(leaf);
  return range;
};

describe('a compact range', () => {
  it('grows by a perfect subtree as by its leaves, and tells the same nodes above it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 7 }), (level, before) => {
        const width = 2 ** level;
        const from = before * width;
        const byLeaves: string[] = [];
        const bySubtree: string[] = [];
        const [one, other] = [grown(from), grown(from)];
        for (const leaf of leaves.slice(from, from + width))
          one.append(leaf, (node, hash) => {
            if (node.level >= level) byLeaves.push(`${node.level}/${node.index} ${hash.join()}`);
          });
        other.appendSubtree(level, foldPerfect(concat(...leaves.slice(from, from + width))), (node, hash) =>
          bySubtree.push(`${node.level}/${node.index} ${hash.join()}`),
        );
        assert.deepEqual(bySubtree, byLeaves);
        assert.deepEqual([other.size, other.root()], [one.size, one.root()]);
      }),
    );
  });

  it('takes no subtree where none of its level can begin', () => {
    assert.throws(
      () => grown(3).appendSubtree(1, leaves[0]!),
      (error: unknown) => error instanceof MerkleError && error.code === 'SizeOutOfRange',
    );
  });
});
