import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeAbiParameters } from 'viem';
import {
  decodeMembers,
  encodeMembers,
  fromBigInt,
  fromHex,
  parseMembers,
  portable,
  ProtocolError,
  toHex,
} from '../../../protocol/src/index.ts';
import { bytesOf } from '../arbitraries.ts';

const widths = Array.from({ length: 32 }, (_, i) => 8 * (i + 1));
const integers = widths.flatMap((bits) => [
  { type: `uint${bits}`, bits, min: 0n, max: 2n ** BigInt(bits) - 1n },
  { type: `int${bits}`, bits, min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n },
]);

describe('integer members', () => {
  for (const { type, bits, min, max } of integers) {
    it(`${type}: what fits is encoded as viem does, what does not is refused`, () => {
      for (const value of [min, min + 1n, -1n, 0n, 1n, max - 1n, max].filter(
        (one) => one >= min && one <= max,
      )) {
        const given = bits <= 32 ? Number(value) : value;
        assert.equal(encoded(type, given), encodeAbiParameters([{ type }], [given]));
        assert.equal(decoded(type, fromHex(encoded(type, given))), given);
      }
      for (const value of [min - 1n, max + 1n]) {
        assert.throws(() => encoded(type, value), { code: 'OutOfRange', field: 'body.value' });
        if (bits === 256) continue;
        const word = fromBigInt(BigInt.asUintN(256, value), 32);
        assert.throws(() => decoded(type, word), { code: 'NonCanonical', field: 'body.value' });
      }
    });
  }
});

describe('members of fixed size', () => {
  it('have one word for each value', () => {
    const types = [
      'bool',
      'address',
      'bytes1',
      'bytes31',
      'bytes32',
      'uint8',
      'uint64',
      'int24',
      'int200',
      'uint256',
    ];
    const words = fc.oneof(
      bytesOf(32),
      fc.tuple(fc.nat({ max: 31 }), bytesOf(1)).map(([at, [byte]]) => wordWith(at, byte!)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...types), words, (type, word) => {
        try {
          assert.equal(encoded(type, decoded(type, word)), toHex(word));
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          assert.equal(error.code, 'NonCanonical');
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('take no value of another type', () => {
    const wrong = {
      bool: 1,
      address: '0x00',
      bytes4: new Uint8Array(5),
      uint8: '1',
      string: 5,
      bytes: 'text',
    };
    for (const [type, value] of Object.entries(wrong)) {
      assert.throws(() => encoded(type, value), { code: 'OutOfRange', field: 'body.value' }, type);
    }
  });
});

function encoded(type: string, value: unknown): string {
  return toHex(
    encodeMembers(parseMembers(`${type} value`), { value: value as never }, 'body', portable).words,
  );
}

function decoded(type: string, words: Uint8Array): unknown {
  return decodeMembers(parseMembers(`${type} value`), { words, attachments: [] }, 'body', portable).value;
}

function wordWith(at: number, byte: number): Uint8Array {
  const word = new Uint8Array(32);
  word[at] = byte;
  return word;
}
