import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  ByteReader,
  ByteWriter,
  compare,
  concat,
  equal,
  fromBigInt,
  fromHex,
  fromUtf8,
  toBigInt,
  toHex,
  utf8,
} from '../../protocol/src/index.ts';
import { u32, u64 } from './arbitraries.ts';

describe('hex', () => {
  it('gives back its bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(fromHex(toHex(bytes)), bytes)));
  });

  it('has one form', () => {
    for (const text of ['', '00', '0X00', '0x0', '0xAB', '0xg0', '0x00 ', ' 0x00', '0x00\n']) {
      assert.throws(() => fromHex(text, 'salt'), { code: 'InvalidHex', field: 'salt' }, JSON.stringify(text));
    }
    assert.throws(() => fromHex('0x00', 'salt', 2), { code: 'LengthMismatch', expected: 2, actual: 1 });
  });
});

describe('UTF-8', () => {
  it('gives back its bytes, byte order marks included', () => {
    const text = fc.string({ unit: 'binary' }).filter((candidate) => candidate.isWellFormed());
    fc.assert(fc.property(text, (value) => assert.equal(fromUtf8(utf8(value)), value)));
    assert.deepEqual(
      utf8(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))),
      Uint8Array.of(0xef, 0xbb, 0xbf, 0x41),
    );
  });

  it('refuses malformed sequences', () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
      assert.throws(() => fromUtf8(Uint8Array.from(bytes), 'name'), { code: 'InvalidUtf8', field: 'name' });
    }
  });
});

describe('order of bytes', () => {
  it('is that of Buffer.compare', () => {
    const short = fc.uint8Array({ max: 3, maxLength: 4 });
    fc.assert(
      fc.property(short, short, (a, b) => {
        assert.equal(Math.sign(compare(a, b)), Buffer.compare(a, b));
        assert.equal(equal(a, b), Buffer.compare(a, b) === 0);
      }),
    );
  });
});

describe('integers', () => {
  it('give back their value', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (n) =>
        assert.equal(toBigInt(fromBigInt(n, 32)), n),
      ),
    );
    assert.equal(toBigInt(new Uint8Array()), 0n);
  });

  it('that do not fit are refused', () => {
    assert.throws(() => fromBigInt(256n, 1, 'size'), { code: 'OutOfRange', field: 'size' });
    assert.throws(() => fromBigInt(-1n, 1, 'size'), { code: 'OutOfRange', field: 'size' });
  });
});

describe('reader and writer', () => {
  it('give back what was written', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 255 }),
        fc.nat({ max: 65_535 }),
        u32,
        u64,
        fc.uint8Array({ maxLength: 600 }),
        (a, b, c, d, tail) => {
          const bytes = new ByteWriter(1).u8(a, 'a').u16(b, 'b').u32(c, 'c').u64(d, 'd').bytes(tail).finish();
          const reader = new ByteReader(concat(Uint8Array.of(9), bytes).subarray(1));
          assert.deepEqual(
            [
              reader.u8('a'),
              reader.u16('b'),
              reader.u32('c'),
              reader.u64('d'),
              reader.take(tail.length, 'tail'),
            ],
            [a, b, c, d, tail],
          );
          reader.end('frame');
        },
      ),
    );
  });

  it('name the field at which the input ends', () => {
    const reader = new ByteReader(new Uint8Array(3));
    assert.equal(reader.u16('a'), 0);
    assert.throws(() => reader.u16('b'), { code: 'Truncated', field: 'b', expected: 2, actual: 1 });
    assert.throws(() => reader.take(0xffff_ffff, 'c'), { code: 'Truncated', field: 'c' });
    assert.throws(() => reader.end('frame'), { code: 'TrailingBytes', field: 'frame', actual: 1 });
  });

  it('refuse integers that would wrap', () => {
    for (const value of [-1, 256, 0.5, NaN]) {
      assert.throws(() => new ByteWriter().u8(value, 'a'), { code: 'OutOfRange', field: 'a' });
    }
    assert.throws(() => new ByteWriter().u16(65_536, 'a'), { code: 'OutOfRange', field: 'a' });
    assert.throws(() => new ByteWriter().u32(2 ** 32, 'a'), { code: 'OutOfRange', field: 'a' });
    assert.throws(() => new ByteWriter().u64(2n ** 64n, 'a'), { code: 'OutOfRange', field: 'a' });
  });
});
