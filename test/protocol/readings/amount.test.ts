import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { amountText } from '../../../protocol/src/index.ts';

describe('an amount', () => {
  const cases: readonly (readonly [bigint, number, string])[] = [
    [76_443_330n, -8, '0.76443330'],
    [-5n, -1, '-0.5'],
    [0n, -3, '0.000'],
    [1_200n, 0, '1200'],
    [-12n, 3, '-12000'],
    [-(2n ** 63n), -18, '-9.223372036854775808'],
  ];
  for (const [value, scale, text] of cases) {
    it(`${value} at scale ${scale} is ${text}`, () => {
      assert.equal(amountText(value, scale), text);
    });
  }

  it('loses no digit, whatever the value and the decimals', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.integer({ min: -18, max: -1 }),
        (value, scale) => {
          const text = amountText(value, scale);
          assert.equal(BigInt(text.replace('.', '')), value);
          assert.equal(text.length - text.indexOf('.') - 1, -scale);
        },
      ),
    );
  });
});
