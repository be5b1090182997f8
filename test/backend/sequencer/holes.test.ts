import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fill, isMissing, type Hole } from '../../../backend/features/sequencer/holes.ts';

const HOLE: Hole = { first: 10n, last: 19n, sinceMs: 1, recorded: true };

describe('holes of an author chain', () => {
  it('shrink to exactly what has not come, in whatever order the rest comes', () => {
    const order = fc.shuffledSubarray(Array.from({ length: 10 }, (_, i) => BigInt(10 + i)));
    fc.assert(
      fc.property(order, (arrived) => {
        let holes: readonly Hole[] = [HOLE];
        for (const sequence of arrived) {
          const filled = fill(holes, sequence);
          assert.ok(filled !== undefined);
          holes = filled.holes;
        }
        for (let sequence = 0n; sequence < 30n; sequence += 1n) {
          const expected = sequence >= 10n && sequence <= 19n && !arrived.includes(sequence);
          assert.equal(isMissing(holes, sequence), expected);
        }
        for (const [i, { first, last, recorded }] of holes.entries()) {
          assert.ok(first <= last && recorded);
          assert.ok(i === 0 || holes[i - 1]!.last < first - 1n || holes[i - 1]!.last + 1n < first);
        }
      }),
    );
  });

  it('do not take a sequence that is not missing', () => {
    const other: Hole = { ...HOLE, first: 30n, last: 30n };
    for (const sequence of [0n, 9n, 20n, 25n, 31n]) assert.equal(fill([HOLE, other], sequence), undefined);
  });
});
