import { createHash } from 'node:crypto';

/** Where a block's bytes lie in its pack. */
export type PackEntry = { readonly multihash: Uint8Array; readonly offset: number; readonly length: number };

const MAGIC = Buffer.from('GSPI1\n', 'ascii');
const CHECKSUM = 32;

/** Bytes of a pack's index: entries of length-prefixed multihash, offset u48 and length u32, then SHA-256. */
export const encodePackIndex = (entries: readonly PackEntry[]): Uint8Array => {
  const parts: Uint8Array[] = [MAGIC];
  for (const { multihash, offset, length } of entries) {
    const numbers = Buffer.alloc(10);
    numbers.writeUIntBE(offset, 0, 6);
    numbers.writeUInt32BE(length, 6);
    parts.push(Uint8Array.of(multihash.length), multihash, numbers);
  }
  const body = Buffer.concat(parts);
  return new Uint8Array(Buffer.concat([body, createHash('sha256').update(body).digest()]));
};

/** Reads an index; `undefined` when it is damaged, which means that it is made again from the pack. */
export const decodePackIndex = (bytes: Uint8Array): PackEntry[] | undefined => {
  if (bytes.length < MAGIC.length + CHECKSUM) return undefined;
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length - CHECKSUM);
  const checksum = createHash('sha256').update(body).digest();
  if (!checksum.equals(bytes.subarray(bytes.length - CHECKSUM))) return undefined;
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const entries: PackEntry[] = [];
  for (let at = MAGIC.length; at < body.length;) {
    const width = body.readUInt8(at);
    const multihash = Uint8Array.from(body.subarray(at + 1, at + 1 + width));
    const numbers = at + 1 + width;
    entries.push({ multihash, offset: body.readUIntBE(numbers, 6), length: body.readUInt32BE(numbers + 6) });
    at = numbers + 10;
  }
  return entries;
};
