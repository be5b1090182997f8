import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { portable, type Primitives } from '@gridseal/protocol/primitives';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { createDigestSigner } from '../../../backend/adapters/crypto/operator-signer.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyBytes = fc.uint8Array({ maxLength: 500 });

/** What a call gives: its value, or that it throws. */
const outcome = <T>(call: () => T): T | 'throws' => {
  try {
    return call();
  } catch {
    return 'throws';
  }
};

describe('native primitives', () => {
  let native: Primitives;
  before(async () => {
    const loaded = await loadPrimitives();
    native = loaded.primitives;
  });

  const agree = <T extends unknown[]>(
    call: (primitives: Primitives, ...args: T) => unknown,
    ...arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> }
  ) =>
    fc.assert(
      fc.property(fc.tuple(...(arbitraries as unknown as fc.Arbitrary<unknown>[])), (args) => {
        const values = args as unknown as T;
        assert.deepEqual(
          outcome(() => call(native, ...values)),
          outcome(() => call(portable, ...values)),
        );
      }),
      { numRuns: 60 },
    );

  it('hashes as the portable ones do', () => {
    agree((p, message: Uint8Array) => p.sha256(message), anyBytes);
    agree((p, message: Uint8Array) => p.keccak256(message), anyBytes);
    agree((p, blocks: Uint8Array) => p.sha256Blocks(blocks), anyBytes);
    agree((p, n: number) => p.sha256Blocks(new Uint8Array(64 * n).fill(n)), fc.nat(40));
  });

  it('seals, wraps and derives as the portable ones do', () => {
    agree(
      (p, key: Uint8Array, nonce: Uint8Array, text: Uint8Array, aad: Uint8Array) =>
        p.aesGcmSeal(key, nonce, text, aad),
      bytes(32),
      bytes(12),
      anyBytes,
      anyBytes,
    );
    agree(
      (p, key: Uint8Array, nonce: Uint8Array, text: Uint8Array) =>
        p.aesGcmOpen(key, nonce, portable.aesGcmSeal(key, nonce, text, key), key),
      bytes(32),
      bytes(12),
      anyBytes,
    );
    agree(
      (p, key: Uint8Array, sealed: Uint8Array) => p.aesGcmOpen(key, key.slice(20), sealed, key),
      bytes(32),
      anyBytes,
    );
    agree((p, key: Uint8Array, length: number) => p.aesCtrKeystream(key, length), bytes(32), fc.nat(300));
    agree((p, key: Uint8Array, wrapped: Uint8Array) => p.aesKwWrap(key, wrapped), bytes(32), bytes(32));
    agree(
      (p, key: Uint8Array, inner: Uint8Array) => p.aesKwUnwrap(key, portable.aesKwWrap(key, inner)),
      bytes(32),
      bytes(32),
    );
    agree((p, key: Uint8Array, wrapped: Uint8Array) => p.aesKwUnwrap(key, wrapped), bytes(32), bytes(40));
    agree((p, key: Uint8Array, info: Uint8Array) => p.hkdfSha256(key, info, 32), bytes(32), anyBytes);
    agree(
      (p, key: Uint8Array, length: number) => p.hkdfSha256(key, key, length),
      anyBytes,
      fc.oneof(fc.nat(200), fc.constantFrom(255 * 32, 255 * 32 + 1)),
    );
  });

  it('inflates what either deflates, within the bound and not beyond', () => {
    agree(
      (p, text: Uint8Array, max: number) => p.inflateRaw(portable.deflateRaw(text), max),
      anyBytes,
      fc.nat(600),
    );
    agree((_, text: Uint8Array) => portable.inflateRaw(native.deflateRaw(text), 500), anyBytes);
    agree((p, text: Uint8Array) => p.inflateRaw(portable.deflateRaw(text).subarray(1), 500), bytes(300));
    agree((p, nothing: Uint8Array) => p.inflateRaw(nothing, 10), bytes(0));
  });

  it('recovers the signer of a digest', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
    const signer = createDigestSigner(key);
    agree((p, digest: Uint8Array) => p.recoverSecp256k1(digest, signer.sign(digest)), bytes(32));
    agree(
      (p, digest: Uint8Array, signature: Uint8Array) => p.recoverSecp256k1(digest, signature),
      bytes(32),
      bytes(65),
    );
    agree(
      (p, digest: Uint8Array, v: number) =>
        p.recoverSecp256k1(digest, Uint8Array.from([...signer.sign(digest).subarray(0, 64), v])),
      bytes(32),
      fc.integer({ min: 0, max: 40 }),
    );
  });

  it('signs a digest with the same low-s bytes every time', () => {
    const key = secp256k1.utils.randomSecretKey();
    const signer = createDigestSigner(key);
    fc.assert(
      fc.property(bytes(32), (digest) => {
        const expected = secp256k1.sign(digest, key, { prehash: false, format: 'recovered' });
        const actual = signer.sign(digest);
        assert.deepEqual(Buffer.from(actual.subarray(0, 64)), Buffer.from(expected.subarray(1)));
        assert.equal(actual[64], 27 + expected[0]!);
      }),
      { numRuns: 30 },
    );
  });

  it('verifies P-256 as the portable ones do, for points off the curve as well', () => {
    const key = p256.utils.randomSecretKey();
    const point = p256.getPublicKey(key, false).subarray(1);
    agree((p, message: Uint8Array) => p.verifyP256(message, point, p256.sign(message, key)), anyBytes);
    agree(
      (p, message: Uint8Array, signature: Uint8Array) => p.verifyP256(message, point, signature),
      anyBytes,
      bytes(64),
    );
    agree((p, off: Uint8Array) => p.verifyP256(off, off, p256.sign(off, key)), bytes(64));
    agree((p, short: Uint8Array) => p.verifyP256(short, short, p256.sign(short, key)), bytes(63));
  });
});
