import { createHash } from 'node:crypto';
import { concat, concatAll, equal, utf8 } from '@gridseal/protocol/bytes';

/** Batch keys of a period whose own key is gone, wrapped again under another. */
export type RewrappedKeys = {
  /** Names the key that wraps them now. */
  readonly under: string;
  /** Wrapped keys (RFC 3394, 40 bytes) by the digest of their batch in hex without prefix. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
};

/** A file of wrapped keys that is damaged: what it held cannot be opened without it. */
export class RewrappedKeysError extends Error {
  override readonly name = 'RewrappedKeysError';
  readonly code = 'rewrapped-keys-damaged';
}

const MAGIC = utf8('GSRW1\n');
const DIGEST = 32;
const ENTRY = DIGEST + 40;
const CHECKSUM = 32;

/** Magic ‖ length u8 ‖ period ‖ (digest ‖ wrapped key) ascending ‖ SHA-256 of all before it. */
export const encodeRewrapped = ({ under, keys }: RewrappedKeys): Uint8Array => {
  const entries = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  const body = concatAll([
    MAGIC,
    Uint8Array.of(under.length),
    utf8(under),
    ...entries.flatMap(([digest, wrapped]) => [new Uint8Array(Buffer.from(digest, 'hex')), wrapped]),
  ]);
  return concat(body, new Uint8Array(createHash('sha256').update(body).digest()));
};

/** @throws RewrappedKeysError */
export const decodeRewrapped = (bytes: Uint8Array): RewrappedKeys => {
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM));
  const start = MAGIC.length + 1 + (body[MAGIC.length] ?? 0);
  const isWhole =
    equal(body.subarray(0, MAGIC.length), MAGIC) &&
    equal(
      new Uint8Array(createHash('sha256').update(body).digest()),
      bytes.subarray(bytes.length - CHECKSUM),
    ) &&
    body.length >= start &&
    (body.length - start) % ENTRY === 0;
  if (!isWhole)
    throw new RewrappedKeysError('a file of wrapped batch keys is damaged: restore it from a copy');
  const under = Buffer.from(body.subarray(MAGIC.length + 1, start)).toString('ascii');
  const keys = new Map<string, Uint8Array>();
  for (let at = start; at < body.length; at += ENTRY) {
    const digest = Buffer.from(body.subarray(at, at + DIGEST)).toString('hex');
    keys.set(digest, body.slice(at + DIGEST, at + ENTRY));
  }
  return { under, keys };
};
