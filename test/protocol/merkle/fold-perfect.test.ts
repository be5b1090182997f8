import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concat, toHex } from '@gridseal/protocol/bytes';
import { foldPerfect } from '@gridseal/protocol/merkle/build';
import { CompactRange } from '@gridseal/protocol/merkle/compact-range';
import { hashLeaf } from '@gridseal/protocol/merkle/hash';

const leaves = (count: number) => Array.from({ length: count }, (_, i) => hashLeaf(Uint8Array.of(i)));

describe('a perfect subtree', () => {
  for (const count of [1, 2, 4, 64, 256]) {
    it(`of ${count} hashes has the root of a tree of as many leaves`, () => {
      const tree = new CompactRange();
      for (const leaf of leaves(count)) tree.append(leaf);
      assert.equal(toHex(foldPerfect(concat(...leaves(count)))), toHex(tree.root()));
    });
  }

  for (const length of [0, 31, 33, 96, 320]) {
    it(`is not what ${length} bytes make`, () => {
      assert.throws(() => foldPerfect(new Uint8Array(length)), { code: 'HashLength' });
    });
  }
});
