import { compare, concat, equal, fromBigInt, isZero, requireLength, toBigInt, toHex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { identityOf, keyIdOf, type PublicKey } from '../identity/key.ts';
import { portable, type Primitives } from '../primitives.ts';

/** Algorithm identifiers of docs/spec/identity.md. 3 (ERC-1271), 4 (SM2) and 5 (ML-DSA) are reserved. */
export const ALGORITHMS = { secp256k1: 1, p256: 2 } as const;

/** A signature with what is needed to check it. */
export type Signature =
  | {
      readonly algorithm: 'secp256k1';
      /** r ‖ s ‖ v, 65 bytes, v 27 or 28. */
      readonly rsv: Uint8Array;
    }
  | {
      readonly algorithm: 'p256';
      /** x ‖ y, 64 bytes. */
      readonly publicKey: Uint8Array;
      /** r ‖ s, 64 bytes. */
      readonly rs: Uint8Array;
    };

/** What a signature that verifies shows. */
export type Signed = {
  readonly algorithm: Signature['algorithm'];
  readonly keyId: Uint8Array;
  /** First identity of the key, 20 bytes. It speaks for others as the registry says. */
  readonly identity: Uint8Array;
};

const ORDER_OF_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ORDER_OF_SECP256K1 = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Order of each group and half of it rounded down, as the 32 bytes of a scalar. */
const BOUNDS = { secp256k1: boundsOf(ORDER_OF_SECP256K1), p256: boundsOf(ORDER_OF_P256) } as const;

function boundsOf(order: bigint): { order: Uint8Array; half: Uint8Array } {
  return { order: fromBigInt(order, 32), half: fromBigInt(order >> 1n, 32) };
}

/**
 * `algorithm u8 ‖ key bytes ‖ signature bytes`: 66 bytes for secp256k1, 129 for P-256.
 *
 * @throws ProtocolError `LengthMismatch`, `OutOfRange`, `HighS`
 */
export function encodeSignature(signature: Signature): Uint8Array {
  const bytes =
    signature.algorithm === 'secp256k1'
      ? concat(Uint8Array.of(ALGORITHMS.secp256k1), signature.rsv)
      : concat(Uint8Array.of(ALGORITHMS.p256), signature.publicKey, signature.rs);
  decodeSignature(bytes);
  return bytes;
}

/**
 * Reads a signature. Refuses r or s outside [1, n − 1] and an s in the upper half, so that a signature has one encoding.
 *
 * @throws ProtocolError `Truncated`, `UnknownAlgorithm`, `LengthMismatch`, `OutOfRange`, `HighS`
 */
export function decodeSignature(bytes: Uint8Array): Signature {
  const signature = split(bytes);
  const rs = signature.algorithm === 'p256' ? signature.rs : signature.rsv.subarray(0, 64);
  requireScalars(rs, signature.algorithm);
  if (signature.algorithm === 'secp256k1') {
    const v = signature.rsv[64]!;
    if (v !== 27 && v !== 28)
      throw new ProtocolError('OutOfRange', 'signature.v', { expected: '27 or 28', actual: v });
  }
  return signature;
}

/**
 * What ingest stores: a P-256 signature with its s in the lower half (s → n − s verifies alike; secure elements emit
 * either). Every other input is returned as it is, for {@link decodeSignature} to judge.
 *
 * @example const stored = normaliseSignature(received)
 */
export function normaliseSignature(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== ALGORITHMS.p256 || bytes.length !== 129) return bytes;
  const s = bytes.subarray(97);
  if (compare(s, BOUNDS.p256.half) <= 0 || compare(s, BOUNDS.p256.order) >= 0) return bytes;
  return concat(bytes.subarray(0, 97), fromBigInt(ORDER_OF_P256 - toBigInt(s), 32, 'signature.s'));
}

/**
 * Checks that the key named `keyId` signed a digest, and says whose key it is.
 *
 * secp256k1 signs the digest itself; P-256 signs its SHA-256, because secure elements hash what they sign.
 *
 * @throws ProtocolError what {@link decodeSignature} throws; `KeyMismatch` when another key signed or is shown;
 *   `SignatureMismatch` when it does not verify
 * @example verifySignature({ digest, signature: part.signature, keyId: part.header.keyId })
 */
export function verifySignature(
  { digest, signature, keyId }: { digest: Uint8Array; signature: Uint8Array; keyId: Uint8Array },
  primitives: Primitives = portable,
): Signed {
  const decoded = decodeSignature(signature);
  const key = signingKey(decoded, digest, primitives);
  const actual = keyIdOf(key, primitives);
  if (!equal(actual, keyId)) {
    throw new ProtocolError('KeyMismatch', 'header.keyId', { expected: toHex(keyId), actual: toHex(actual) });
  }
  if (decoded.algorithm === 'p256' && !primitives.verifyP256(digest, decoded.publicKey, decoded.rs)) {
    throw new ProtocolError('SignatureMismatch', 'signature', {
      expected: `a signature of ${toHex(digest)}`,
    });
  }
  return { algorithm: decoded.algorithm, keyId: actual, identity: identityOf(key, primitives) };
}

function signingKey(signature: Signature, digest: Uint8Array, primitives: Primitives): PublicKey {
  if (signature.algorithm === 'p256') return signature;
  try {
    return { algorithm: 'secp256k1', address: primitives.recoverSecp256k1(digest, signature.rsv) };
  } catch (cause) {
    throw new ProtocolError('SignatureMismatch', 'signature', { expected: 'a recoverable key', cause });
  }
}

function split(bytes: Uint8Array): Signature {
  switch (bytes[0]) {
    case undefined:
      throw new ProtocolError('Truncated', 'signature', { expected: 'an algorithm', actual: 0 });
    case ALGORITHMS.secp256k1:
      requireLength(bytes, 66, 'signature');
      return { algorithm: 'secp256k1', rsv: bytes.subarray(1) };
    case ALGORITHMS.p256:
      requireLength(bytes, 129, 'signature');
      return { algorithm: 'p256', publicKey: bytes.subarray(1, 65), rs: bytes.subarray(65) };
    default:
      throw new ProtocolError('UnknownAlgorithm', 'signature', { expected: '1 or 2', actual: bytes[0] });
  }
}

function requireScalars(rs: Uint8Array, algorithm: Signature['algorithm']): void {
  const { order, half } = BOUNDS[algorithm];
  const scalars = [rs.subarray(0, 32), rs.subarray(32)] as const;
  for (const [i, scalar] of scalars.entries()) {
    if (isZero(scalar) || compare(scalar, order) >= 0) {
      const field = i === 0 ? 'signature.r' : 'signature.s';
      throw new ProtocolError('OutOfRange', field, { expected: 'from 1 to n − 1', actual: toHex(scalar) });
    }
  }
  if (compare(scalars[1], half) > 0) {
    throw new ProtocolError('HighS', 'signature.s', {
      expected: `at most ${toHex(half)}`,
      actual: toHex(scalars[1]),
    });
  }
}
