import { createHash } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import {
  concat,
  encodeSignature,
  keyIdOf,
  portable,
  utf8,
  type PublicKey,
} from '../../../protocol/src/index.ts';

/** Bytes that a name stands for: the same in every run. */
export const named = (name: string): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(`gridseal test: ${name}`).digest());

/** A key that can sign statements, and what the registry and the header call it. */
export type TestKey = {
  readonly key: PublicKey;
  readonly keyId: Uint8Array;
  /** First identity of the key. */
  readonly identity: Uint8Array;
  readonly sign: (digest: Uint8Array) => Uint8Array;
};

const testKey = (key: PublicKey, sign: TestKey['sign']): TestKey => {
  const keyId = keyIdOf(key);
  return { key, keyId, identity: keyId.slice(12), sign };
};

/** A P-256 key, as secure elements hold them. */
export const p256Key = (name: string): TestKey => {
  const secret = named(name);
  const publicKey = p256.getPublicKey(secret, false).slice(1);
  return testKey({ algorithm: 'p256', publicKey }, (digest) =>
    encodeSignature({
      algorithm: 'p256',
      publicKey,
      rs: p256.sign(digest, secret, { prehash: true, lowS: true }),
    }),
  );
};

/** A secp256k1 key, as wallets hold them. */
export const secp256k1Key = (name: string): TestKey => {
  const secret = named(name);
  const point = secp256k1.getPublicKey(secret, false).slice(1);
  const address = portable.keccak256(point).slice(12);
  return testKey({ algorithm: 'secp256k1', address }, (digest) => {
    const signed = secp256k1.sign(digest, secret, { prehash: false, format: 'recovered' });
    const rsv = concat(signed.slice(1), Uint8Array.of(27 + (signed[0] ?? 0)));
    return encodeSignature({ algorithm: 'secp256k1', rsv });
  });
};

/** A contract's address. */
export const addressOf = (name: string): Uint8Array => portable.keccak256(utf8(name)).slice(12);
