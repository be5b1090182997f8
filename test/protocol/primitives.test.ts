import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { sign } from 'viem/accounts';
import { privateKeyToAddress } from 'viem/accounts';
import { concat, fromHex, portable, toHex, utf8 } from '../../protocol/src/index.ts';
import { bytesOf } from './arbitraries.ts';

describe('portable primitives', () => {
  it('hash as FIPS 180-4 and Keccak say', () => {
    assert.equal(
      toHex(portable.sha256(utf8('abc'))),
      '0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    assert.equal(
      toHex(portable.keccak256(new Uint8Array())),
      '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    );
  });

  it('hash blocks as node:crypto hashes each', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 9 }).chain((count) => bytesOf(64 * count)),
        (blocks) => {
          const each = Array.from({ length: blocks.length / 64 }, (_, i) =>
            createHash('sha256')
              .update(blocks.subarray(64 * i, 64 * i + 64))
              .digest(),
          );
          assert.equal(toHex(portable.sha256Blocks(blocks)), toHex(concat(...each)));
        },
      ),
    );
    assert.throws(() => portable.sha256Blocks(new Uint8Array(65)), { code: 'LengthMismatch' });
  });

  it('derive as RFC 5869, test case 3', () => {
    const okm = portable.hkdfSha256(new Uint8Array(22).fill(0x0b), new Uint8Array(), 42);
    assert.equal(
      toHex(okm),
      '0x8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    );
  });

  it('wrap as RFC 3394, section 4.6', () => {
    const wrappingKey = fromHex('0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
    const key = fromHex('0x00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f');
    const wrapped = '0x28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21';
    assert.equal(toHex(portable.aesKwWrap(wrappingKey, key)), wrapped);
    assert.equal(toHex(portable.aesKwUnwrap(wrappingKey, fromHex(wrapped))), toHex(key));
    assert.throws(() => portable.aesKwUnwrap(key, fromHex(wrapped)));
  });

  it('encrypt as node:crypto does, and open only what was sealed', () => {
    fc.assert(
      fc.property(
        bytesOf(32),
        bytesOf(12),
        fc.uint8Array(),
        fc.uint8Array(),
        fc.nat(),
        (key, nonce, plain, aad, at) => {
          const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
          const expected = concat(cipher.update(plain), cipher.final(), cipher.getAuthTag());
          const sealed = portable.aesGcmSeal(key, nonce, plain, aad);
          assert.equal(toHex(sealed), toHex(expected));
          assert.equal(toHex(portable.aesGcmOpen(key, nonce, sealed, aad)), toHex(plain));
          sealed[at % sealed.length]! ^= 1;
          assert.throws(() => portable.aesGcmOpen(key, nonce, sealed, aad));
        },
      ),
    );
    const counter = createCipheriv('aes-256-ctr', new Uint8Array(32), Buffer.alloc(16));
    const stream = portable.aesCtrKeystream(new Uint8Array(32), 100);
    assert.equal(toHex(stream), toHex(counter.update(new Uint8Array(100))));
  });

  it('recover the address that viem signs for', async () => {
    for (let i = 1; i <= 8; i++) {
      const privateKey = toHex(portable.sha256(Uint8Array.of(i)));
      const digest = portable.sha256(utf8(`digest ${i}`));
      const signature = fromHex(await sign({ hash: toHex(digest), privateKey, to: 'hex' }));
      assert.equal(
        toHex(portable.recoverSecp256k1(digest, signature)),
        privateKeyToAddress(privateKey).toLowerCase(),
      );
      const [otherV, sixtyFour] = [signature.slice(), signature.subarray(0, 64)];
      otherV[64] = 29;
      assert.throws(() => portable.recoverSecp256k1(digest, otherV), { code: 'OutOfRange' });
      assert.throws(() => portable.recoverSecp256k1(digest, sixtyFour), { code: 'LengthMismatch' });
    }
  });

  it('verify Ed25519 as RFC 8032, test 1, and refuse a key of small order', () => {
    const publicKey = fromHex('0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
    const signature = fromHex(
      '0xe5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    );
    assert.equal(portable.verifyEd25519(publicKey, new Uint8Array(), signature), true);
    assert.equal(portable.verifyEd25519(publicKey, utf8('x'), signature), false);
    const neutral = new Uint8Array(32);
    neutral[0] = 1;
    assert.equal(portable.verifyEd25519(neutral, utf8('x'), concat(neutral, new Uint8Array(32))), false);
  });

  it('inflate what any encoder deflates', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat({ max: 9 }), (plain, level) => {
        assert.equal(
          toHex(portable.inflateRaw(deflateRawSync(plain, { level }), plain.length)),
          toHex(plain),
        );
        assert.equal(toHex(portable.inflateRaw(portable.deflateRaw(plain), plain.length)), toHex(plain));
      }),
    );
  });

  it('stop inflating at the bound, however much would follow', () => {
    const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
    assert.throws(() => portable.inflateRaw(bomb, 1000), { code: 'TooLong', field: 'inflated' });
  });

  it('refuse DEFLATE that ends early', () => {
    const whole = deflateRawSync(Buffer.from('readings '.repeat(2000)));
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => portable.inflateRaw(whole.subarray(0, length), 20_000), `${length} bytes`);
    }
  });
});
