import type { IHasher } from 'hash-wasm';

const BLOCK = 64;
const HASH = 32;
const INNER = 0x36;
const OUTER = 0x5c;

/**
 * HKDF-SHA-256 (RFC 5869) with an empty salt. `node:crypto` makes key objects on the way, which costs ten times the
 * hashing where every batch derives two keys.
 *
 * @param sha256 hasher that nothing else is using meanwhile
 * @returns derivation of at most 255 × 32 bytes
 */
export const createHkdf = (
  sha256: IHasher,
): ((inputKey: Uint8Array, info: Uint8Array, length: number) => Uint8Array) => {
  const pad = new Uint8Array(BLOCK);
  const begun = (key: Uint8Array, byte: number): IHasher => {
    pad.fill(byte);
    for (let i = 0; i < key.length; i += 1) pad[i]! ^= key[i]!;
    return sha256.init().update(pad);
  };
  /** HMAC-SHA-256 (RFC 2104) under a key of at most 64 bytes. */
  const hmac = (key: Uint8Array, message: Uint8Array): Uint8Array => {
    const inner = begun(key, INNER).update(message).digest('binary');
    return begun(key, OUTER).update(inner).digest('binary');
  };
  const noSalt = new Uint8Array(HASH);

  return (inputKey, info, length) => {
    if (length > 255 * HASH) throw new RangeError(`HKDF gives at most ${255 * HASH} bytes, not ${length}`);
    const key = hmac(noSalt, inputKey);
    const output = new Uint8Array(length);
    let previous: Uint8Array = new Uint8Array(0);
    for (let at = 0, counter = 1; at < length; at += HASH, counter += 1) {
      const message = new Uint8Array(previous.length + info.length + 1);
      message.set(previous);
      message.set(info, previous.length);
      message[message.length - 1] = counter;
      previous = hmac(key, message);
      output.set(previous.subarray(0, length - at), at);
    }
    return output;
  };
};
