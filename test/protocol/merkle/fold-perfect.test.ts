import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concat, toHex } from '@gridseal/protocol/bytes';
import { foldPerfect, hashPairs } from '@gridseal/protocol/merkle/build';
import { CompactRange } from '@gridseal/protocol/merkle/compact-range';
import { hashLeaf, hashNode } from '@gridseal/protocol/merkle/hash';

const leaves = (count: number) => Array.from({ length: count }, (_, i) => hashLeaf(Uint8Array.of(i)));

describe('a perfect subtree', () => {
  for (const count of [1, 2, 4, 64, 256]) {
    it(`of ${count} hashes has the root of a tree of as many leaves`, () => {
      const tree = new CompactRange();
      for (const leaf of leaves(count)) tree.append(leaf);
      assert.equal(toHex(foldPerfect(concat(...leaves(count)))), toHex(tree.root()));
    });
  }

  it('has a level of pairs above it', () => {
    const [a, b, c, d] = leaves(4);
    assert.ok(a && b && c && d);
    assert.deepEqual(hashPairs(concat(a, b, c, d)), concat(hashNode(a, b), hashNode(c, d)));
    assert.deepEqual(hashPairs(new Uint8Array(0)), new Uint8Array(0));
    assert.throws(() => hashPairs(concat(a, b, c)), { code: 'HashLength' });
  });

  for (const length of [0, 31, 33, 96, 320]) {
    it(`is not what ${length} bytes make`, () => {
      assert.throws(() => foldPerfect(new Uint8Array(length)), { code: 'HashLength' });
    });
  }
});
