import { concat, requireLength, utf8 } from '../bytes.ts';
import { portable, type Primitives } from '../primitives.ts';

/** A key as its owner shows it: secp256k1 by address (the key is recovered from signatures), P-256 by its point. */
export type PublicKey =
  | {
      readonly algorithm: 'secp256k1';
      /** 20 bytes. */
      readonly address: Uint8Array;
    }
  | {
      readonly algorithm: 'p256';
      /** x ‖ y, 64 bytes. */
      readonly publicKey: Uint8Array;
    };

const P256_TAG = utf8('gridseal:p256');

/**
 * The 32 bytes that name a key: its address padded on the left (secp256k1), or keccak256 of a tag and its point (P-256).
 *
 * @throws ProtocolError `LengthMismatch`
 * @example keyIdOf({ algorithm: 'p256', publicKey: xy })
 */
export function keyIdOf(key: PublicKey, primitives: Primitives = portable): Uint8Array {
  if (key.algorithm === 'secp256k1') {
    requireLength(key.address, 20, 'address');
    const padded = new Uint8Array(32);
    padded.set(key.address, 12);
    return padded;
  }
  requireLength(key.publicKey, 64, 'publicKey');
  return primitives.keccak256(concat(P256_TAG, key.publicKey));
}

/**
 * The identity that a key speaks for from the start, 20 bytes: the address, or the end of the key identifier.
 *
 * @throws ProtocolError `LengthMismatch`
 */
export function identityOf(key: PublicKey, primitives: Primitives = portable): Uint8Array {
  return keyIdOf(key, primitives).slice(12);
}
