import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  blocksOf,
  decodeColumnar,
  encodeColumnar,
  maxColumnarLength,
  ProtocolError,
  readingsOf,
} from '../../../protocol/src/index.ts';
import { batches } from '../arbitraries.ts';

describe('columnar plaintext', () => {
  it('gives back the readings it was made of', () => {
    fc.assert(
      fc.property(batches, (readings) => {
        assert.deepEqual(readingsOf(decodeColumnar(encodeColumnar(blocksOf(readings)))), readings);
      }),
      { numRuns: 500 },
    );
  });

  it('never exceeds the bound that readers inflate to', () => {
    fc.assert(
      fc.property(batches, (readings) => {
        assert.ok(encodeColumnar(blocksOf(readings)).length <= maxColumnarLength(readings.length));
      }),
    );
  });

  it('has one encoding: whatever a changed byte decodes to encodes to the changed bytes', () => {
    const refused = new Set<string>();
    let accepted = 0;
    fc.assert(
      fc.property(batches, fc.nat(), fc.integer({ min: 1, max: 255 }), (readings, position, flip) => {
        const bytes = encodeColumnar(blocksOf(readings));
        bytes[position % bytes.length]! ^= flip;
        try {
          assert.deepEqual(encodeColumnar(decodeColumnar(bytes)), bytes);
          accepted++;
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          refused.add(error.code);
        }
      }),
      { numRuns: 15_000 },
    );
    assert.ok(accepted > 0);
    for (const code of ['Truncated', 'NonCanonical', 'CountMismatch', 'NotAscending', 'InvalidVersion']) {
      assert.ok(refused.has(code), `no mutation met ${code}`);
    }
  });

  it('has one encoding: arbitrary columns are refused or are what the encoder writes', () => {
    const column = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.nat({ max: 4 }), column, column, column, column, (count, ...columns) => {
        const bytes = Uint8Array.from([
          1,
          count,
          ...columns.flatMap((numbers) => [numbers.length, ...numbers]),
        ]);
        try {
          assert.deepEqual(encodeColumnar(decodeColumnar(bytes)), bytes);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
