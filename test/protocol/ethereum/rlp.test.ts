import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromRlp, toRlp, type Hex } from 'viem';
import { fromHex, toHex } from '../../../protocol/src/index.ts';
import {
  MAX_RLP_LENGTH,
  decodeRlp,
  lengthOf,
  rlpOfIndex,
  type RlpItem,
} from '../../../protocol/src/ethereum/rlp.ts';

type Nested = Hex | Nested[];
type Encodable = Parameters<typeof toRlp>[0];

const bytes = fc.uint8Array({ maxLength: 70 }).map((array): Nested => toHex(array));
const { item: items } = fc.letrec<{ item: Nested }>((tie) => ({
  item: fc.oneof({ maxDepth: 5 }, bytes, fc.array(tie('item'), { maxLength: 20 })),
}));
const asHex = (item: RlpItem): Nested => (item instanceof Uint8Array ? toHex(item) : item.map(asHex));

test('what viem encodes is decoded to the same, and its length is known from the items', () => {
  fc.assert(
    fc.property(items, (item) => {
      const encoded = fromHex(toRlp(item as Encodable));
      const decoded = decodeRlp(encoded, 'rlp');
      assert.deepEqual(asHex(decoded), item);
      assert.equal(lengthOf(decoded), encoded.length);
    }),
  );
});

test('what is decoded is the one encoding of its items', () => {
  const nearRlp = fc
    .tuple(items, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }))
    .map(([item, changes]) => {
      const encoded = fromHex(toRlp(item as Encodable));
      for (const [at, byte] of changes) encoded[at % encoded.length] = byte;
      return encoded;
    });
  fc.assert(
    fc.property(fc.oneof(nearRlp, fc.uint8Array({ maxLength: 80 })), (encoded) => {
      let decoded: RlpItem;
      try {
        decoded = decodeRlp(encoded, 'rlp');
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'NonCanonical');
        return;
      }
      assert.equal(toRlp(asHex(decoded) as Encodable), toHex(encoded));
      assert.deepEqual(asHex(decoded), fromRlp(encoded, 'hex'));
    }),
    { numRuns: 1000 },
  );
});

test('indices are as viem writes them', () => {
  for (const index of [0n, 1n, 127n, 128n, 255n, 256n, 2n ** 64n, 2n ** 256n - 1n]) {
    const digits = index === 0n ? '' : index.toString(16);
    const hex: Hex = `0x${digits.padStart(digits.length + (digits.length % 2), '0')}`;
    assert.equal(toHex(rlpOfIndex(index)), toRlp(hex));
  }
});

test('RLP longer than is read is refused before it is looked at', () => {
  assert.throws(() => decodeRlp(new Uint8Array(MAX_RLP_LENGTH + 1), 'rlp'), { code: 'TooLong' });
  assert.throws(() => decodeRlp(new Uint8Array(MAX_RLP_LENGTH), 'rlp'), { code: 'NonCanonical' });
});
