import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  blocksOf,
  decodeColumnar,
  decodePayloadBlock,
  encodeColumnar,
  encodePayloadBlock,
  openPayload,
  readingsOf,
  sealPayload,
  unwrapBatchKey,
} from '../../../protocol/src/index.ts';
import { batches, bytesOf } from '../arbitraries.ts';

const keys = fc.record({
  batchKey: bytesOf(32),
  digest: bytesOf(32),
  nonce: bytesOf(12),
  periodKey: bytesOf(32),
  periodId: fc.stringMatching(/^[a-z0-9-]{1,40}$/),
});

describe('payload', () => {
  it('gives back the readings to whoever holds the period key', () => {
    fc.assert(
      fc.property(batches, keys, (readings, sealing) => {
        const block = sealPayload({ ...sealing, columnar: encodeColumnar(blocksOf(readings)) });
        const decoded = decodePayloadBlock(block);
        assert.deepEqual(encodePayloadBlock(decoded), block);
        assert.equal(decoded.periodId, sealing.periodId);
        const batchKey = unwrapBatchKey({ wrappedKey: decoded.wrappedKey, periodKey: sealing.periodKey });
        const columnar = openPayload({ block, batchKey, digest: sealing.digest, count: readings.length });
        assert.deepEqual(readingsOf(decodeColumnar(columnar)), readings);
      }),
    );
  });

  it('has no byte that nothing covers', () => {
    const [sealing] = fc.sample(keys, { numRuns: 1, seed: 7 });
    const [readings] = fc.sample(batches, { numRuns: 1, seed: 7 });
    const block = sealPayload({ ...sealing!, columnar: encodeColumnar(blocksOf(readings!)) });
    const { periodId, periodKey, digest } = sealing!;
    for (let at = 0; at < block.length; at++) {
      const changed = block.slice();
      changed[at]! ^= 0x11;
      assert.throws(
        () => {
          const decoded = decodePayloadBlock(changed);
          // The period only says which key to look for: another one is not found, or does not unwrap.
          if (decoded.periodId !== periodId) throw new Error('another period');
          const batchKey = unwrapBatchKey({ wrappedKey: decoded.wrappedKey, periodKey });
          openPayload({ block: changed, batchKey, digest, count: readings!.length });
        },
        Error,
        `byte ${at}`,
      );
    }
  });
});
