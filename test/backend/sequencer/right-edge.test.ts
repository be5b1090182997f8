import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, toHex } from '@gridseal/protocol/bytes';
import { CompactRange } from '@gridseal/protocol/merkle/compact-range';
import { portable } from '@gridseal/protocol/primitives';
import {
  appendLeaves,
  EMPTY_EDGE,
  hasWidthsOf,
  rootOfEdge,
} from '../../../backend/features/sequencer/right-edge.ts';

const leafAt = (index: number): Uint8Array => portable.sha256(Uint8Array.of(index >> 16, index >> 8, index));
const leaves = (from: number, count: number) =>
  concat(...Array.from({ length: count }, (_, i) => leafAt(from + i)));

describe('the right edge', () => {
  it('has the root of the whole tree, however the leaves are portioned', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(5), fc.nat(700)), { maxLength: 6 }), (portions) => {
        const whole = new CompactRange();
        let edge = EMPTY_EDGE;
        let size = 0;
        const tiles = new Map<string, string>();
        for (const count of portions) {
          const appended = appendLeaves(edge, leaves(size, count), portable);
          for (const { level, number, hashes } of appended.tiles) {
            assert.ok(!tiles.has(`${level}/${number}`), 'a tile becomes full once');
            tiles.set(`${level}/${number}`, toHex(hashes));
          }
          for (let i = 0; i < count; i += 1) whole.append(leafAt(size + i));
          size += count;
          edge = appended.edge;
          assert.ok(hasWidthsOf(edge));
          assert.equal(toHex(rootOfEdge(edge, portable)), toHex(whole.root()));
        }
        assert.equal(tiles.size, Math.floor(size / 256));
        for (let n = 0; n < Math.floor(size / 256); n += 1)
          assert.equal(tiles.get(`0/${n}`), toHex(leaves(256 * n, 256)));
      }),
      { numRuns: 25 },
    );
  });

  it('carries over two levels at once when the upper tile becomes full', () => {
    const { edge, tiles } = appendLeaves(EMPTY_EDGE, leaves(0, 65_537), portable);
    assert.deepEqual(
      edge.levels.map(({ length }) => length / 32),
      [1, 0, 1],
    );
    assert.deepEqual([tiles.length, tiles.at(-1)?.level], [257, 1]);
    const whole = new CompactRange();
    for (let i = 0; i < 65_537; i += 1) whole.append(leafAt(i));
    assert.equal(toHex(rootOfEdge(edge, portable)), toHex(whole.root()));
  });

  it('is recognised when a level has another width than the size asks for', () => {
    const { edge } = appendLeaves(EMPTY_EDGE, leaves(0, 300), portable);
    assert.ok(!hasWidthsOf({ ...edge, size: 301n }));
    assert.ok(!hasWidthsOf({ ...edge, levels: edge.levels.slice(0, 1) }));
    assert.ok(!hasWidthsOf({ ...edge, levels: [...edge.levels, new Uint8Array(32)] }));
  });
});
