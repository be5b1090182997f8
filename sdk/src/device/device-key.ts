import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { concat, fromHex, portable, toHex, utf8, type Hex } from '@gridseal/protocol';
import { SdkError } from '../errors.ts';

/** Signature algorithms a device may hold a key of. */
export type DeviceAlgorithm = 'secp256k1' | 'P-256';

/** Algorithm numbers as docs/spec/identity.md fixes them. */
export const ALGORITHM_ID = { secp256k1: 1, 'P-256': 2 } as const;

/**
 * A key that speaks for an author. `signDigest` signs a 32-byte EIP-712 digest and returns the
 * raw signature: r ‖ s ‖ v for secp256k1, r ‖ s over SHA-256 of the digest for P-256. A secure
 * element implements the same type without giving its key away.
 */
export type DeviceKey = {
  readonly algorithm: DeviceAlgorithm;
  /** Empty for secp256k1, x ‖ y for P-256. */
  readonly publicKey: Uint8Array;
  readonly keyId: Hex;
  /** Identity the key may open: its own address. Other identities gain it by enrolment. */
  readonly firstIdentity: Hex;
  readonly signDigest: (digest: Uint8Array) => Uint8Array;
};

const secp256k1Key = (privateKey: Uint8Array): DeviceKey => {
  const point = secp256k1.getPublicKey(privateKey, false).subarray(1);
  const address = portable.keccak256(point).subarray(12);
  return {
    algorithm: 'secp256k1',
    publicKey: new Uint8Array(0),
    keyId: toHex(concat(new Uint8Array(12), address)),
    firstIdentity: toHex(address),
    signDigest: (digest) => {
      const signature = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered' });
      return concat(signature.subarray(1), Uint8Array.of(27 + (signature[0] ?? 0)));
    },
  };
};

const p256Key = (privateKey: Uint8Array): DeviceKey => {
  const publicKey = p256.getPublicKey(privateKey, false).slice(1);
  const keyId = portable.keccak256(concat(utf8('gridseal:p256'), publicKey));
  return {
    algorithm: 'P-256',
    publicKey,
    keyId: toHex(keyId),
    firstIdentity: toHex(keyId.subarray(12)),
    signDigest: (digest) => p256.sign(digest, privateKey, { prehash: true, lowS: true, format: 'compact' }),
  };
};

/**
 * The key of a private scalar (32 bytes).
 *
 * @throws SdkError `bad-key-file` when the bytes are no private key of the curve.
 * @example deviceKeyFrom('P-256', crypto.getRandomValues(new Uint8Array(32)))
 */
export const deviceKeyFrom = (algorithm: DeviceAlgorithm, privateKey: Uint8Array): DeviceKey => {
  const curve = algorithm === 'P-256' ? p256 : secp256k1;
  if (privateKey.length !== 32 || !curve.utils.isValidSecretKey(privateKey)) {
    throw new SdkError('bad-key-file', `not a private key of ${algorithm}`);
  }
  return algorithm === 'P-256' ? p256Key(privateKey) : secp256k1Key(privateKey);
};

/** A fresh private key of the algorithm, 32 bytes from the platform's generator. */
export const randomPrivateKey = (algorithm: DeviceAlgorithm): Uint8Array =>
  (algorithm === 'P-256' ? p256 : secp256k1).utils.randomSecretKey();

/** The signature bytes a statement carries: algorithm ‖ key bytes ‖ signature (docs/spec/identity.md). */
export const statementSignature = (key: DeviceKey, digest: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(ALGORITHM_ID[key.algorithm]), key.publicKey, key.signDigest(digest));

/** A private key as a file holds it. */
export type DeviceKeyFile = {
  readonly format: 'gridseal-key/1';
  readonly algorithm: DeviceAlgorithm;
  readonly privateKey: Hex;
  readonly identity: Hex;
  readonly keyId: Hex;
};

/**
 * Parses a key file's text and checks that identity and key identifier belong to the key.
 *
 * @throws SdkError `bad-key-file`.
 */
export const parseDeviceKeyFile = (text: string): { readonly key: DeviceKey; readonly identity: Hex } => {
  let file: Partial<DeviceKeyFile>;
  try {
    file = JSON.parse(text) as Partial<DeviceKeyFile>;
  } catch (cause) {
    throw new SdkError('bad-key-file', 'a key file is JSON as `gridseal device create` writes it', { cause });
  }
  const { format, algorithm, privateKey, identity, keyId } = file;
  if (format !== 'gridseal-key/1' || (algorithm !== 'secp256k1' && algorithm !== 'P-256')) {
    throw new SdkError('bad-key-file', 'expected format "gridseal-key/1" and algorithm "secp256k1" or "P-256"');
  }
  if (typeof privateKey !== 'string' || typeof identity !== 'string') {
    throw new SdkError('bad-key-file', 'privateKey and identity are missing');
  }
  const key = deviceKeyFrom(algorithm, fromHex(privateKey, 'privateKey', 32));
  if (keyId !== key.keyId) {
    throw new SdkError('bad-key-file', `keyId ${keyId ?? '(none)'} is not that of the key, ${key.keyId}`);
  }
  fromHex(identity, 'identity', 20);
  return { key, identity };
};
