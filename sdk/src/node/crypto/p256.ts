import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { ProtocolError } from '@gridseal/protocol/errors';
import type { Primitives } from '@gridseal/protocol/primitives';

/** SubjectPublicKeyInfo (RFC 5480) of an uncompressed P-256 point, up to the point. */
const SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200' + '04', 'hex');

/** Devices whose parsed key is kept: parsing costs as much as half a verification. */
const KEPT_KEYS = 16_384;

/**
 * ECDSA on P-256 by OpenSSL. A point that is not on the curve verifies nothing.
 *
 * @returns `verifyP256` with a cache of parsed keys of its own
 */
export const createP256Verifier = (): Primitives['verifyP256'] => {
  const keys = new Map<string, KeyObject | undefined>();

  const keyOf = (point: Uint8Array): KeyObject | undefined => {
    const name = Buffer.from(point.buffer, point.byteOffset, point.byteLength).toString('latin1');
    if (keys.has(name)) return keys.get(name);
    const oldest = keys.keys().next();
    if (keys.size >= KEPT_KEYS && oldest.done === false) keys.delete(oldest.value);
    const key = parsePoint(point);
    keys.set(name, key);
    return key;
  };

  return (message, publicKey, signature) => {
    requireLength(publicKey, 'publicKey');
    requireLength(signature, 'signature');
    const key = keyOf(publicKey);
    return key !== undefined && verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  };
};

const parsePoint = (point: Uint8Array): KeyObject | undefined => {
  try {
    return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, point]), format: 'der', type: 'spki' });
  } catch (error) {
    // OpenSSL reports a point off the curve as a key it cannot decode.
    if (error instanceof Error && 'opensslErrorStack' in error) return undefined;
    throw error;
  }
};

const requireLength = (bytes: Uint8Array, field: string): void => {
  if (bytes.length !== 64)
    throw new ProtocolError('LengthMismatch', field, { expected: 64, actual: bytes.length });
};
