import { randomFillSync } from 'node:crypto';

const NONCE_LENGTH = 12;
/** Nonces drawn at once: the system is asked for random bytes once in so many batches. */
const DRAWN = 512;

const drawn = new Uint8Array(NONCE_LENGTH * DRAWN);
let at = drawn.length;

/** A random AES-GCM nonce, 12 bytes, never given out before. */
export const nextNonce = (): Uint8Array => {
  if (at === drawn.length) {
    randomFillSync(drawn);
    at = 0;
  }
  at += NONCE_LENGTH;
  return drawn.slice(at - NONCE_LENGTH, at);
};
