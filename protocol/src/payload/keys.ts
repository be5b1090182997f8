import { concat, requireLength, utf8 } from '../bytes.ts';
import { portable, type Primitives } from '../primitives.ts';

const KEY_LENGTH = 32;
const SALT_LABEL = utf8('gridseal/salts/v1');
const PAYLOAD_LABEL = utf8('gridseal/payload/v1');
const COMMITMENT_LABEL = utf8('gridseal/key-commitment/v1');

/**
 * Key of the salts of a batch. A key of its own: salts are disclosed with readings, and AES-CTR under the payload's key
 * would give away GCM's hash key with the first of them.
 *
 * @param batchKey 32 random bytes, never derived from anything
 * @throws ProtocolError `LengthMismatch`
 */
export function saltKey(batchKey: Uint8Array, primitives: Primitives = portable): Uint8Array {
  requireLength(batchKey, KEY_LENGTH, 'batchKey');
  return primitives.hkdfSha256(batchKey, SALT_LABEL, KEY_LENGTH);
}

/**
 * Key under which the payload of a batch is encrypted.
 *
 * @throws ProtocolError `LengthMismatch`
 */
export function payloadKey(batchKey: Uint8Array, primitives: Primitives = portable): Uint8Array {
  requireLength(batchKey, KEY_LENGTH, 'batchKey');
  return primitives.hkdfSha256(batchKey, PAYLOAD_LABEL, KEY_LENGTH);
}

/**
 * What the operator part says of the batch key: AES-GCM alone lets one ciphertext open under two keys.
 *
 * @throws ProtocolError `LengthMismatch`
 */
export function keyCommitment(batchKey: Uint8Array, primitives: Primitives = portable): Uint8Array {
  requireLength(batchKey, KEY_LENGTH, 'batchKey');
  return primitives.sha256(concat(COMMITMENT_LABEL, batchKey));
}
