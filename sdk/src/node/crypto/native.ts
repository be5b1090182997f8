import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { createKeccak, createSHA256 } from 'hash-wasm';
import { equal } from '@gridseal/protocol/bytes';
import { ProtocolError } from '@gridseal/protocol/errors';
import { portable, requireBlocks, type Primitives } from '@gridseal/protocol/primitives';
import { createHkdf } from './hkdf.ts';
import { createP256Verifier } from './p256.ts';
import { loadHashtree, loadSecp256k1, type NativeSecp256k1 } from './native-builds.ts';
import { batchVerifierWith } from './secp256k1-batch.ts';

/** A native build that this platform lacks, and what stands in for it. */
export type MissingBuild = {
  readonly build: '@chainsafe/hashtree' | 'secp256k1';
  readonly substitute: 'portable JavaScript';
  readonly cause: unknown;
};

/** {@link Primitives} as fast as this platform allows. `missing` is to be said at start, not hidden. */
export type NodePrimitives = { readonly primitives: Primitives; readonly missing: readonly MissingBuild[] };

// Ciphers are given key objects: of bare bytes node:crypto takes 10 µs to find out what they are, of a key object 2.5.
const ZERO_COUNTER = new Uint8Array(16);
const WRAP_IV = new Uint8Array(8).fill(0xa6);
const TAG_LENGTH = 16;
/** Lengths up to which a window as small as the input compresses as well, and saves clearing a large one for every batch. */
const WINDOWS = [
  { upTo: 512, options: { windowBits: 9, memLevel: 1 } },
  { upTo: 4096, options: { windowBits: 12, memLevel: 5 } },
];
/** Up to this length WebAssembly is done before OpenSSL has begun. */
const SHORT = 256;

/**
 * Loads the cryptography of the service: libsecp256k1, hashtree, WebAssembly Keccak, and OpenSSL for the rest. It agrees
 * with `portable` on every input.
 *
 * @example
 * const { primitives, missing } = await loadPrimitives();
 * for (const { build, cause } of missing) logger.warn({ build, err: cause }, 'no native build for this platform');
 */
export const loadPrimitives = async (): Promise<NodePrimitives> => {
  const [curve, tree] = [loadSecp256k1(), await loadHashtree()];
  const missing: MissingBuild[] = [];
  if ('cause' in curve) missing.push({ build: 'secp256k1', substitute: 'portable JavaScript', ...curve });
  if ('cause' in tree)
    missing.push({ build: '@chainsafe/hashtree', substitute: 'portable JavaScript', ...tree });
  const [keccak, sha256] = [await createKeccak(256), await createSHA256()];
  const keccak256 = (message: Uint8Array): Uint8Array => keccak.init().update(message).digest('binary');
  const wrappingKeyObject = createKeyObjects();
  const primitives: Primitives = {
    sha256: (message) =>
      message.length <= SHORT
        ? sha256.init().update(message).digest('binary')
        : plain(hash('sha256', message, 'buffer')),
    sha256Blocks:
      'hashInto' in tree ? blocksWith(tree.hashInto) : (blocks, into) => portable.sha256Blocks(blocks, into),
    keccak256,
    recoverSecp256k1:
      'native' in curve
        ? recoverWith(curve.native, keccak256)
        : (digest, signature) => portable.recoverSecp256k1(digest, signature),
    ...('native' in curve && { verifySecp256k1Batch: batchVerifierWith(curve.native, keccak256) }),
    verifyP256: createP256Verifier(),
    // OpenSSL takes keys of small order; witnesses are too few for speed to matter.
    verifyEd25519: (publicKey, message, signature) => portable.verifyEd25519(publicKey, message, signature),
    aesCtrKeystream: (key, length) => {
      requireKey(key);
      return plain(createCipheriv('aes-256-ctr', createSecretKey(key), ZERO_COUNTER).update(zeros(length)));
    },
    aesGcmSeal: (key, nonce, plaintext, additional) => {
      requireKeyAndNonce(key, nonce);
      const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), nonce).setAAD(additional);
      return plain(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
    },
    aesGcmOpen: (key, nonce, sealed, additional) => {
      requireKeyAndNonce(key, nonce);
      const end = sealed.length - TAG_LENGTH;
      const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), nonce, {
        authTagLength: TAG_LENGTH,
      });
      decipher.setAAD(additional).setAuthTag(sealed.subarray(Math.max(end, 0)));
      return plain(Buffer.concat([decipher.update(sealed.subarray(0, Math.max(end, 0))), decipher.final()]));
    },
    aesKwWrap: (wrappingKey, key) => {
      const cipher = createCipheriv(keyWrapCipher(wrappingKey), wrappingKeyObject(wrappingKey), WRAP_IV);
      return plain(Buffer.concat([cipher.update(key), cipher.final()]));
    },
    aesKwUnwrap: (wrappingKey, wrapped) => {
      const decipher = createDecipheriv(keyWrapCipher(wrappingKey), createSecretKey(wrappingKey), WRAP_IV);
      return plain(Buffer.concat([decipher.update(wrapped), decipher.final()]));
    },
    hkdfSha256: createHkdf(sha256),
    deflateRaw: compress,
    // zlib and fflate disagree on some malformed streams; a verdict must not depend on where it is reached.
    inflateRaw: (compressed, maxLength) => portable.inflateRaw(compressed, maxLength),
  };
  return { primitives, missing };
};

/** A period key wraps every batch key of its time: its key object is made once. */
const createKeyObjects = (): ((key: Uint8Array) => KeyObject) => {
  let last: { readonly bytes: Uint8Array; readonly key: KeyObject } | undefined;
  return (bytes) => {
    if (last === undefined || !equal(last.bytes, bytes))
      last = { bytes: Uint8Array.from(bytes), key: createSecretKey(bytes) };
    return last.key;
  };
};

let zeroBytes = new Uint8Array(4096);
const zeros = (length: number): Uint8Array => {
  if (zeroBytes.length < length) zeroBytes = new Uint8Array(length);
  return zeroBytes.subarray(0, length);
};

const compress = (plaintext: Uint8Array): Uint8Array => {
  const window = WINDOWS.find(({ upTo }) => plaintext.length <= upTo);
  if (window === undefined) return plain(deflateRawSync(plaintext));
  // Output that does not grow out of its first buffer: node:zlib makes one of 16 KiB otherwise.
  return plain(deflateRawSync(plaintext, { ...window.options, chunkSize: plaintext.length + 64 }));
};

const blocksWith =
  (hashInto: (blocks: Uint8Array, into: Uint8Array) => void): Primitives['sha256Blocks'] =>
  (blocks, into) => {
    requireBlocks(blocks, into);
    const hashes = into ?? new Uint8Array(blocks.length / 2);
    if (blocks.length > 0) hashInto(blocks, hashes);
    return hashes;
  };

const recoverWith = (
  native: NativeSecp256k1,
  keccak256: (message: Uint8Array) => Uint8Array,
): Primitives['recoverSecp256k1'] => {
  const point = new Uint8Array(65);
  const coordinates = point.subarray(1);
  return (digest, signature) => {
    const v = signature[64];
    if (digest.length !== 32 || signature.length !== 65 || (v !== 27 && v !== 28))
      return portable.recoverSecp256k1(digest, signature);
    native.ecdsaRecover(signature.subarray(0, 64), v - 27, digest, false, point);
    return keccak256(coordinates).slice(12);
  };
};

const keyWrapCipher = (wrappingKey: Uint8Array): string => `aes${8 * wrappingKey.length}-wrap`;

const requireKey = (key: Uint8Array): void => {
  if (key.length !== 32)
    throw new ProtocolError('LengthMismatch', 'key', { expected: 32, actual: key.length });
};

const requireKeyAndNonce = (key: Uint8Array, nonce: Uint8Array): void => {
  requireKey(key);
  if (nonce.length !== 12)
    throw new ProtocolError('LengthMismatch', 'nonce', { expected: 12, actual: nonce.length });
};

/** A plain view: callers compare and serialise arrays, and Buffer has other ideas of both. */
const plain = (buffer: Uint8Array): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
