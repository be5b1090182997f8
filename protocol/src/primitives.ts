import { ctr, gcm, aeskw } from '@noble/ciphers/aes.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { deflateSync, Inflate } from 'fflate';
import { concat, concatAll, equal, requireLength, toBigInt } from './bytes.ts';
import { ProtocolError } from './errors.ts';

/**
 * The cryptography that this package needs, injected so that Node can bring native code and a browser can not. An
 * implementation must agree with {@link portable} on every input, and throw where it throws.
 *
 * Functions named `verify…` answer whether well-formed input verifies; input of a wrong length throws. Whether an
 * s-value is low is not their question: `statement/signature.ts` asks it.
 */
export type Primitives = {
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(message: Uint8Array): Uint8Array;
  /**
   * SHA-256 of each 64-byte block: n × 64 bytes in, n × 32 bytes out, written to `into` where that is given. One level of
   * a binary tree a call.
   */
  sha256Blocks(blocks: Uint8Array, into?: Uint8Array): Uint8Array;
  /** Keccak-256 as Ethereum uses it, 32 bytes. */
  keccak256(message: Uint8Array): Uint8Array;
  /** The 20-byte address whose key made the signature r ‖ s ‖ v (v 27 or 28) over a 32-byte digest. Throws if none. */
  recoverSecp256k1(digest: Uint8Array, signature: Uint8Array): Uint8Array;
  /**
   * Whether the key of one 20-byte address made all these signatures: what {@link Primitives.recoverSecp256k1} would find of
   * each, for less. There only where it is less. True is wrong with a probability of at most 2⁻¹²⁸; false is no verdict on
   * any of them: recover each.
   */
  verifySecp256k1Batch?(address: Uint8Array, claims: readonly SignedDigest[]): boolean;
  /** ECDSA on P-256 over SHA-256 of the message. Key x ‖ y, signature r ‖ s, 64 bytes each. */
  verifyP256(message: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): boolean;
  /**
   * Ed25519 (RFC 8032, section 5.1.7) with strict encodings and without the cofactor, as Go's crypto/ed25519 and OpenSSL
   * verify: a signature or a key with a part of small order never verifies here and fails there.
   */
  verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** AES-256-CTR keystream from counter block 0. */
  aesCtrKeystream(key: Uint8Array, length: number): Uint8Array;
  /** AES-256-GCM: ciphertext ‖ 16-byte tag. */
  aesGcmSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, additional: Uint8Array): Uint8Array;
  /** Throws if the tag does not match. */
  aesGcmOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, additional: Uint8Array): Uint8Array;
  /** AES key wrap (RFC 3394): 8 bytes longer than the key. */
  aesKwWrap(wrappingKey: Uint8Array, key: Uint8Array): Uint8Array;
  /** Throws if the integrity check fails. */
  aesKwUnwrap(wrappingKey: Uint8Array, wrapped: Uint8Array): Uint8Array;
  /** HKDF-SHA-256 (RFC 5869) with an empty salt. */
  hkdfSha256(inputKey: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  /** Raw DEFLATE (RFC 1951). Any encoder may be used: the output is not canonical. */
  deflateRaw(plaintext: Uint8Array): Uint8Array;
  /** Throws if the stream is malformed or incomplete, or inflates to more than `maxLength` bytes. */
  inflateRaw(compressed: Uint8Array, maxLength: number): Uint8Array;
};

/** A digest of 32 bytes and a signature over it, r ‖ s ‖ v with v 27 or 28. */
export type SignedDigest = { readonly digest: Uint8Array; readonly signature: Uint8Array };

const UNCOMPRESSED_POINT = Uint8Array.of(4);
const INFLATE_SLICE = 4096;

/**
 * {@link Primitives} in plain JavaScript (noble, fflate): runs in every browser and in Node without native code.
 *
 * @example portable.sha256(utf8("abc"))
 */
export const portable: Primitives = {
  sha256,
  sha256Blocks(blocks, into) {
    requireBlocks(blocks, into);
    const hashes = into ?? new Uint8Array(blocks.length / 2);
    for (let at = 0; at < blocks.length; at += 64) hashes.set(sha256(blocks.subarray(at, at + 64)), at / 2);
    return hashes;
  },
  keccak256: keccak_256,
  recoverSecp256k1(digest, signature) {
    requireLength(digest, 32, 'digest');
    requireLength(signature, 65, 'signature');
    const v = signature[64]!;
    if (v !== 27 && v !== 28)
      throw new ProtocolError('OutOfRange', 'signature.v', { expected: '27 or 28', actual: v });
    const point = secp256k1.Signature.fromBytes(signature.subarray(0, 64), 'compact')
      .addRecoveryBit(v - 27)
      .recoverPublicKey(digest)
      .toBytes(false);
    return keccak_256(point.subarray(1)).subarray(12);
  },
  verifyP256(message, publicKey, signature) {
    requireLength(publicKey, 64, 'publicKey');
    requireLength(signature, 64, 'signature');
    const point = concat(UNCOMPRESSED_POINT, publicKey);
    return p256.verify(signature, message, point, { prehash: true, lowS: false, format: 'compact' });
  },
  verifyEd25519(publicKey, message, signature) {
    requireLength(publicKey, 32, 'publicKey');
    requireLength(signature, 64, 'signature');
    return verifyWithoutCofactor(publicKey, message, signature);
  },
  aesCtrKeystream(key, length) {
    requireLength(key, 32, 'key');
    return ctr(key, new Uint8Array(16)).encrypt(new Uint8Array(length));
  },
  aesGcmSeal(key, nonce, plaintext, additional) {
    requireLength(key, 32, 'key');
    requireLength(nonce, 12, 'nonce');
    return gcm(key, nonce, additional).encrypt(plaintext);
  },
  aesGcmOpen(key, nonce, sealed, additional) {
    requireLength(key, 32, 'key');
    requireLength(nonce, 12, 'nonce');
    return gcm(key, nonce, additional).decrypt(sealed);
  },
  aesKwWrap: (wrappingKey, key) => aeskw(wrappingKey).encrypt(key),
  aesKwUnwrap: (wrappingKey, wrapped) => aeskw(wrappingKey).decrypt(wrapped),
  hkdfSha256: (inputKey, info, length) => hkdf(sha256, inputKey, undefined, info, length),
  deflateRaw: (plaintext) => deflateSync(plaintext),
  inflateRaw: inflateWithin,
};

const ED25519_ORDER = ed25519.Point.Fn.ORDER;

// noble multiplies by the cofactor before it compares; RFC 8032 allows both, and two verifiers must not differ on a checkpoint.
function verifyWithoutCofactor(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const [r, s] = [signature.subarray(0, 32), littleEndian(signature.subarray(32))];
  if (s >= ED25519_ORDER) return false;
  let key: InstanceType<typeof ed25519.Point>;
  try {
    key = ed25519.Point.fromBytes(publicKey);
  } catch {
    return false;
  }
  if (key.isSmallOrder()) return false;
  const k = littleEndian(sha512(concat(r, publicKey, message))) % ED25519_ORDER;
  const expected = ed25519.Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
  return equal(expected.toBytes(), r);
}

const littleEndian = (bytes: Uint8Array): bigint => toBigInt(bytes.toReversed());

/**
 * Throws unless the bytes are whole 64-byte blocks and `into`, where given, holds exactly their hashes.
 *
 * @throws ProtocolError `LengthMismatch`
 */
export function requireBlocks(blocks: Uint8Array, into: Uint8Array | undefined): void {
  if (blocks.length % 64 !== 0) {
    throw new ProtocolError('LengthMismatch', 'blocks', {
      expected: 'a multiple of 64',
      actual: blocks.length,
    });
  }
  if (into !== undefined) requireLength(into, blocks.length / 2, 'into');
}

// Fed in slices, so that what a hostile stream can make us hold stays near `maxLength`.
function inflateWithin(compressed: Uint8Array, maxLength: number): Uint8Array {
  if (compressed.length === 0)
    throw new ProtocolError('InvalidDeflate', 'compressed', { expected: 'a DEFLATE stream' });
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = new Inflate((chunk) => {
    length += chunk.length;
    if (length > maxLength)
      throw new ProtocolError('TooLong', 'inflated', { expected: maxLength, actual: length });
    chunks.push(chunk);
  });
  for (let at = 0; at < compressed.length; at += INFLATE_SLICE) {
    stream.push(compressed.subarray(at, at + INFLATE_SLICE), at + INFLATE_SLICE >= compressed.length);
  }
  return concatAll(chunks);
}
