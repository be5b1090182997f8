import { createHash } from 'node:crypto';

/** Where a block's bytes lie in its pack. `digest` is the SHA-256 of its CID. */
export type PackEntry = { readonly digest: Uint8Array; readonly offset: number; readonly length: number };

const MAGIC = Buffer.from('GSPI2\n', 'ascii');
const DIGEST = 32;
const CHECKSUM = 32;
/** Digest ‖ offset u48 ‖ length u32. */
const ENTRY = DIGEST + 10;

/** Bytes of a pack's index: entries ascending by digest, then the SHA-256 of all before it. */
export const encodePackIndex = (entries: readonly PackEntry[]): Uint8Array => {
  const sorted = [...entries].sort((a, b) => Buffer.compare(a.digest, b.digest));
  const bytes = Buffer.alloc(MAGIC.length + ENTRY * sorted.length + CHECKSUM);
  MAGIC.copy(bytes);
  sorted.forEach(({ digest, offset, length }, i) => {
    const at = MAGIC.length + ENTRY * i;
    bytes.set(digest, at);
    bytes.writeUIntBE(offset, at + DIGEST, 6);
    bytes.writeUInt32BE(length, at + DIGEST + 6);
  });
  const end = bytes.length - CHECKSUM;
  bytes.set(createHash('sha256').update(bytes.subarray(0, end)).digest(), end);
  return bytes;
};

/** A pack's index as far as it stays in memory: four bytes a block, and the rest is read when one is asked for. */
export type PackPrefixes = {
  /** First four bytes of each digest, ascending. */
  readonly prefixes: Uint32Array;
  /** Bytes of all blocks together. */
  readonly blockBytes: number;
  /** Where the last block ends in the pack. */
  readonly end: number;
};

/** Reads an index; `undefined` when it is damaged or of another version, which means that it is made again from the pack. */
export const readPrefixes = (bytes: Uint8Array): PackPrefixes | undefined => {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, Math.max(0, bytes.length - CHECKSUM));
  const count = (body.length - MAGIC.length) / ENTRY;
  if (count < 0 || !Number.isInteger(count)) return undefined;
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const checksum = createHash('sha256').update(body).digest();
  if (!checksum.equals(bytes.subarray(bytes.length - CHECKSUM))) return undefined;
  const prefixes = new Uint32Array(count);
  let blockBytes = 0;
  let end = 0;
  for (let i = 0; i < count; i += 1) {
    const at = MAGIC.length + ENTRY * i;
    prefixes[i] = body.readUInt32BE(at);
    const length = body.readUInt32BE(at + DIGEST + 6);
    blockBytes += length;
    end = Math.max(end, body.readUIntBE(at + DIGEST, 6) + length);
  }
  return { prefixes, blockBytes, end };
};

/** Position of the first entry that may be a digest's, or -1. Those after it with the same prefix may be as well. */
export const candidateOf = (prefixes: Uint32Array, prefix: number): number => {
  let [low, high] = [0, prefixes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (prefixes[middle]! < prefix) low = middle + 1;
    else high = middle;
  }
  return low < prefixes.length && prefixes[low] === prefix ? low : -1;
};

/** Where the entry of a position lies in the index file. */
export const entryRange = (position: number): { readonly at: number; readonly length: number } => ({
  at: MAGIC.length + ENTRY * position,
  length: ENTRY,
});

/** Reads one entry. */
export const decodeEntry = (bytes: Uint8Array): PackEntry => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    digest: bytes.subarray(0, DIGEST),
    offset: buffer.readUIntBE(DIGEST, 6),
    length: buffer.readUInt32BE(DIGEST + 6),
  };
};
