import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  blocksOf,
  commit,
  commitBlocks,
  decodeBlock,
  depthOf,
  MAX_READINGS,
  openReading,
  openReadings,
  requireWithinInterval,
  toHex,
  verifyDisclosure,
} from '../../../protocol/src/index.ts';
import { batches, bytesOf } from '../arbitraries.ts';

describe('commitment', () => {
  it('opens every reading, and none at another index', () => {
    fc.assert(
      fc.property(batches, bytesOf(32), (readings, batchKey) => {
        const commitment = commit({ readings, batchKey });
        const { root, count } = commitment;
        readings.forEach((reading, index) => {
          const disclosure = openReading(commitment, index);
          assert.deepEqual(verifyDisclosure({ root, count, disclosure }), reading);
          if (count === 1) return;
          const moved = { ...disclosure, index: (index + 1) % count };
          assert.throws(() => verifyDisclosure({ root, count, disclosure: moved }), { code: 'RootMismatch' });
        });
      }),
    );
  });

  it('opens several readings as it opens each of them', () => {
    fc.assert(
      fc.property(batches, bytesOf(32), fc.array(fc.nat()), (readings, batchKey, choices) => {
        const commitment = commit({ readings, batchKey });
        const all = readings.map((_, index) => index);
        for (const indices of [all, choices.map((choice) => choice % readings.length), []]) {
          assert.deepEqual(
            openReadings(commitment, indices),
            indices.map((index) => openReading(commitment, index)),
          );
        }
        assert.throws(() => openReadings(commitment, [0, readings.length]), { code: 'OutOfRange' });
      }),
    );
  });

  it('refuses any disclosed bit that was changed', () => {
    fc.assert(
      fc.property(
        batches,
        bytesOf(32),
        fc.nat(),
        fc.nat(),
        fc.nat({ max: 7 }),
        (readings, batchKey, which, at, bit) => {
          const commitment = commit({ readings, batchKey });
          const disclosure = openReading(commitment, which % commitment.count);
          const parts = [disclosure.block, ...disclosure.path].map((part) => part.slice());
          const part = parts[at % parts.length]!;
          part[at % part.length]! ^= 1 << bit;
          const [block, ...path] = parts;
          const changed = { index: disclosure.index, block: block!, path };
          const { root, count } = commitment;
          assert.throws(() => verifyDisclosure({ root, count, disclosure: changed }), {
            name: 'ProtocolError',
          });
        },
      ),
    );
  });

  it('hides each reading behind a salt of its own and leaves the blocks it was given alone', () => {
    const readings = Array.from({ length: 50 }, (_, i) => ({
      timeMs: BigInt(i),
      channel: 1,
      quality: 0,
      value: 0n,
    }));
    const blocks = blocksOf(readings);
    const given = blocks.slice();
    const commitment = commitBlocks({ blocks, batchKey: new Uint8Array(32) });
    const salts = readings.map((_, index) => toHex(decodeBlock(openReading(commitment, index).block).salt));
    assert.equal(new Set(salts).size, readings.length);
    assert.deepEqual(blocks, given);
  });

  it('takes the largest batch and no larger', () => {
    const blocks = new Uint8Array(64 * MAX_READINGS);
    const commitment = commitBlocks({ blocks, batchKey: new Uint8Array(32) });
    const disclosure = openReading(commitment, MAX_READINGS - 1);
    assert.equal(disclosure.path.length, 16);
    verifyDisclosure({ root: commitment.root, count: MAX_READINGS, disclosure });
    const larger = new Uint8Array(64 * (MAX_READINGS + 1));
    assert.throws(() => commitBlocks({ blocks: larger, batchKey: new Uint8Array(32) }), {
      code: 'CountMismatch',
    });
    assert.throws(() => commitBlocks({ blocks: new Uint8Array(63), batchKey: new Uint8Array(32) }), {
      code: 'LengthMismatch',
    });
  });

  it('has paths of ⌈log₂ count⌉ hashes', () => {
    for (let count = 1; count <= 1025; count++) assert.equal(depthOf(count), Math.ceil(Math.log2(count)));
  });
});

describe('blocks of a batch', () => {
  it('are laid out only in strictly ascending order of channel, then time', () => {
    const reading = (channel: number, timeMs: bigint) => ({ channel, timeMs, quality: 0, value: 0n });
    blocksOf([reading(1, 256n), reading(1, 257n), reading(2, 1n), reading(256, 0n)]);
    for (const [first, second] of [
      [reading(1, 1n), reading(1, 1n)],
      [reading(1, 256n), reading(1, 1n)],
      [reading(256, 0n), reading(2, 9n)],
    ]) {
      assert.throws(() => blocksOf([first!, second!]), { code: 'NotAscending', field: 'readings[1]' });
    }
  });
});

describe('interval of a batch', () => {
  it('includes both ends and names the first reading outside', () => {
    const times = [10n, 20n, 30n];
    const blocks = blocksOf(times.map((timeMs) => ({ timeMs, channel: 1, quality: 0, value: 1n })));
    requireWithinInterval(blocks, 10n, 30n);
    assert.throws(() => requireWithinInterval(blocks, 11n, 30n), {
      field: 'readings[0].timeMs',
      code: 'OutOfRange',
    });
    assert.throws(() => requireWithinInterval(blocks, 10n, 29n), {
      field: 'readings[2].timeMs',
      actual: 30n,
    });
  });
});
