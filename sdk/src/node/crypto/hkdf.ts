import { hash } from 'node:crypto';

const BLOCK = 64;
const HASH = 32;

/**
 * HKDF-SHA-256 (RFC 5869) with an empty salt. `node:crypto` makes key objects on the way, which costs ten times the
 * hashing where every batch derives two keys.
 *
 * @param length bytes wanted, at most 255 × 32
 */
export const hkdfSha256 = (inputKey: Uint8Array, info: Uint8Array, length: number): Uint8Array => {
  if (length > 255 * HASH) throw new RangeError(`HKDF gives at most ${255 * HASH} bytes, not ${length}`);
  const key = hmac(new Uint8Array(HASH), inputKey);
  const output = new Uint8Array(HASH * Math.ceil(length / HASH));
  let previous: Uint8Array = new Uint8Array(0);
  for (let at = 0, counter = 1; at < length; at += HASH, counter += 1) {
    const message = new Uint8Array(previous.length + info.length + 1);
    message.set(previous);
    message.set(info, previous.length);
    message[message.length - 1] = counter;
    previous = hmac(key, message);
    output.set(previous, at);
  }
  return output.subarray(0, length);
};

/** HMAC-SHA-256 (RFC 2104) under a key of at most 64 bytes. */
const hmac = (key: Uint8Array, message: Uint8Array): Uint8Array => {
  const inner = new Uint8Array(BLOCK + message.length).fill(0x36, 0, BLOCK);
  const outer = new Uint8Array(BLOCK + HASH).fill(0x5c, 0, BLOCK);
  for (const [i, byte] of key.entries()) {
    inner[i]! ^= byte;
    outer[i]! ^= byte;
  }
  inner.set(message, BLOCK);
  outer.set(hash('sha256', inner, 'buffer'), BLOCK);
  return hash('sha256', outer, 'buffer');
};
