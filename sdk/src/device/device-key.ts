import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import {
  concat,
  encodeSignature,
  fromHex,
  identityOf,
  keyIdOf,
  portable,
  toHex,
  type Hex,
  type PublicKey,
  type Signature,
} from '@gridseal/protocol';
import { SdkError } from '../errors.ts';

/** Signature algorithms a device may hold a key of. */
export type DeviceAlgorithm = PublicKey['algorithm'];

/**
 * A key that speaks for an author. A secure element implements the same type without giving its key away.
 */
export type DeviceKey = {
  readonly publicKey: PublicKey;
  /** 32 bytes. */
  readonly keyId: Uint8Array;
  /** Identity that the key may open, 20 bytes. Other identities gain the key by enrolment. */
  readonly firstIdentity: Uint8Array;
  /** Signs a 32-byte EIP-712 digest: itself (secp256k1), or its SHA-256 (P-256). */
  readonly sign: (digest: Uint8Array) => Signature;
};

const CURVES = { secp256k1, p256 } as const;

const publicKeyOf = (algorithm: DeviceAlgorithm, privateKey: Uint8Array): PublicKey => {
  const point = CURVES[algorithm].getPublicKey(privateKey, false).slice(1);
  return algorithm === 'p256'
    ? { algorithm, publicKey: point }
    : { algorithm, address: portable.keccak256(point).slice(12) };
};

const signWith = (publicKey: PublicKey, privateKey: Uint8Array, digest: Uint8Array): Signature => {
  if (publicKey.algorithm === 'p256') {
    const rs = p256.sign(digest, privateKey, { prehash: true, lowS: true, format: 'compact' });
    return { algorithm: 'p256', publicKey: publicKey.publicKey, rs };
  }
  const recovered = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered' });
  return {
    algorithm: 'secp256k1',
    rsv: concat(recovered.subarray(1), Uint8Array.of(27 + (recovered[0] ?? 0))),
  };
};

/**
 * The key of a private scalar (32 bytes).
 *
 * @throws SdkError `bad-key-file` when the bytes are no private key of the curve.
 * @example deviceKeyFrom('p256', randomPrivateKey('p256'))
 */
export const deviceKeyFrom = (algorithm: DeviceAlgorithm, privateKey: Uint8Array): DeviceKey => {
  if (privateKey.length !== 32 || !CURVES[algorithm].utils.isValidSecretKey(privateKey)) {
    throw new SdkError('bad-key-file', `not a private key of ${algorithm}`);
  }
  const publicKey = publicKeyOf(algorithm, privateKey);
  return {
    publicKey,
    keyId: keyIdOf(publicKey),
    firstIdentity: identityOf(publicKey),
    sign: (digest) => signWith(publicKey, privateKey, digest),
  };
};

/** A fresh private key, 32 bytes from the platform's generator. */
export const randomPrivateKey = (algorithm: DeviceAlgorithm): Uint8Array =>
  CURVES[algorithm].utils.randomSecretKey();

/** Signature bytes as a statement carries them (docs/spec/identity.md). */
export const signStatement = (key: DeviceKey, digest: Uint8Array): Uint8Array =>
  encodeSignature(key.sign(digest));

/** A private key and the identity it speaks for, as a file holds them. */
export type DeviceKeyFile = {
  readonly format: 'gridseal-key/1';
  readonly algorithm: DeviceAlgorithm;
  readonly identity: Hex;
  readonly keyId: Hex;
  readonly privateKey: Hex;
};

/** What a key file says of a private key; the identity is the key's own unless another is given. */
export const deviceKeyFile = (
  algorithm: DeviceAlgorithm,
  privateKey: Uint8Array,
  identity?: Hex,
): DeviceKeyFile => {
  const key = deviceKeyFrom(algorithm, privateKey);
  return {
    format: 'gridseal-key/1',
    algorithm,
    identity: identity ?? toHex(key.firstIdentity),
    keyId: toHex(key.keyId),
    privateKey: toHex(privateKey),
  };
};

/**
 * Parses a key file's text and checks that the key identifier belongs to the key.
 *
 * @throws SdkError `bad-key-file`.
 */
export const parseDeviceKeyFile = (
  text: string,
): { readonly key: DeviceKey; readonly identity: Uint8Array } => {
  let file: Partial<DeviceKeyFile>;
  try {
    // Editors write a byte order mark; JSON may be null.
    file = (JSON.parse(text.replace(/^\ufeff/u, '')) ?? {}) as Partial<DeviceKeyFile>;
  } catch (cause) {
    throw new SdkError('bad-key-file', 'a key file is JSON as `gridseal device create` writes it', { cause });
  }
  const { format, algorithm, privateKey, identity, keyId } = file;
  if (format !== 'gridseal-key/1' || (algorithm !== 'secp256k1' && algorithm !== 'p256')) {
    throw new SdkError(
      'bad-key-file',
      'expected format "gridseal-key/1" and algorithm "secp256k1" or "p256"',
    );
  }
  if (typeof privateKey !== 'string' || typeof identity !== 'string') {
    throw new SdkError('bad-key-file', 'privateKey and identity are missing');
  }
  const key = deviceKeyFrom(algorithm, fromHex(privateKey, 'privateKey', 32));
  if (keyId !== toHex(key.keyId)) {
    throw new SdkError(
      'bad-key-file',
      `keyId ${keyId ?? '(none)'} is not that of the key, ${toHex(key.keyId)}`,
    );
  }
  return { key, identity: fromHex(identity, 'identity', 20) };
};
