import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { exactly, fitsReading, nearest, parseDecimal } from '../../../edge/readers/decimal.ts';

const value = (text: string, scale: number): bigint | undefined => {
  const decimal = parseDecimal(text);
  return decimal === undefined ? undefined : exactly(decimal, scale);
};
const rounded = (text: string, scale: number): bigint | undefined => {
  const decimal = parseDecimal(text);
  return decimal === undefined ? undefined : nearest(decimal, scale);
};

describe('decimal', () => {
  it('reads decimal text and nothing else as a number [B6]', () => {
    for (const text of ['0x1F', '0b1', '', ' ', '1,5', '1_000', 'Infinity', 'NaN', '1e', '--1', '１２', '.'])
      assert.equal(parseDecimal(text), undefined, text);
    assert.deepEqual(parseDecimal('1.0096232e-07'), { coefficient: 10_096_232n, decimals: 14 });
    assert.deepEqual(parseDecimal('-.5'), { coefficient: -5n, decimals: 1 });
  });

  it('is exact beyond what a float holds [B6]', () => {
    assert.equal(value('9007199254740993', 0), 9_007_199_254_740_993n);
    assert.equal(value('0.1234567890123456', -16), 1_234_567_890_123_456n);
    assert.equal(value('100.50', -1), 1005n);
    assert.equal(value('100.55', -1), undefined);
    assert.equal(value('1500', 2), 15n);
    assert.ok(!fitsReading(value('10000000000000000000', 0)!));
    assert.ok(!fitsReading(value('1e300', 0)!));
  });

  it('rounds halves away from zero, as mirror images [B6]', () => {
    assert.equal(rounded('0.25', -1), 3n);
    assert.equal(rounded('-0.25', -1), -3n);
    assert.equal(rounded('15', 1), 2n);
    assert.equal(rounded('-15', 1), -2n);
  });

  it('rounds to what is nearest and mirrors every number', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: -9, max: 9 }),
        (coefficient, decimals, scale) => {
          const up = nearest({ coefficient, decimals }, scale);
          assert.equal(nearest({ coefficient: -coefficient, decimals }, scale), -up);
          const unit = 10n ** BigInt(Math.max(0, decimals + scale));
          const lift = 10n ** BigInt(Math.max(0, -decimals - scale));
          const error = up * unit - coefficient * lift;
          assert.ok(2n * (error < 0n ? -error : error) <= unit);
        },
      ),
    );
  });
});
