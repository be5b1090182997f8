import { createHash } from 'node:crypto';

/** A signed batch that waits for its receipt. `item` is what the service is sent, verbatim on every try. */
export type WaitingBatch = { readonly sequence: bigint; readonly item: Uint8Array };

/** Where an item lies in its segment. */
export type RecordPlace = { readonly sequence: bigint; readonly at: number; readonly length: number };

/** Length u32 ‖ sequence u64 ‖ checksum, then the item. */
const HEAD = 4 + 8 + 8;
const CHECKSUM = 8;
/** Sequences of a spool follow one another; a search for records goes no further than this beyond the last. */
const SEQUENCES_AHEAD = 1_000_000n;

/** First 8 bytes of SHA-256 over length, sequence and item. */
const checksumOf = (head: Uint8Array, item: Uint8Array): Buffer =>
  createHash('sha256').update(head).update(item).digest().subarray(0, CHECKSUM);

/** Bytes of a record as they are appended to a segment. */
export const encodeRecord = ({ sequence, item }: WaitingBatch): Uint8Array => {
  const head = Buffer.alloc(HEAD - CHECKSUM);
  head.writeUInt32BE(item.length, 0);
  head.writeBigUInt64BE(sequence, 4);
  return Buffer.concat([head, checksumOf(head, item), item]);
};

/** Place of the item in a record's segment, when the record begins at `at`. */
export const placeAt = (at: number, { sequence, item }: WaitingBatch): RecordPlace => ({
  sequence,
  at: at + HEAD,
  length: item.length,
});

const recordAt = (bytes: Buffer, at: number): RecordPlace | undefined => {
  if (bytes.length - at < HEAD) return undefined;
  const length = bytes.readUInt32BE(at);
  const end = at + HEAD + length;
  if (length === 0 || end > bytes.length) return undefined;
  const head = bytes.subarray(at, at + HEAD - CHECKSUM);
  const item = bytes.subarray(at + HEAD, end);
  if (!checksumOf(head, item).equals(bytes.subarray(at + HEAD - CHECKSUM, at + HEAD))) return undefined;
  return { sequence: bytes.readBigUInt64BE(at + 4), at: at + HEAD, length };
};

/** A segment as read: its whole records, and where the bytes begin that are none. */
export type SegmentScan = {
  readonly records: readonly RecordPlace[];
  readonly end: number;
  /** Whether a whole record follows after `end`: then what is between is damage, and no write that a power cut tore. */
  readonly isDamaged: boolean;
};

/** Reads the records of a segment, up to the first bytes that are not one. */
export const scanSegment = (content: Uint8Array): SegmentScan => {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const records: RecordPlace[] = [];
  let end = 0;
  for (let found = recordAt(bytes, 0); found !== undefined; found = recordAt(bytes, end)) {
    records.push(found);
    end = found.at + found.length;
  }
  return { records, end, isDamaged: followsRecord(bytes, end, records.at(-1)?.sequence) };
};

const followsRecord = (bytes: Buffer, from: number, last: bigint | undefined): boolean => {
  for (let at = from + 1; at + HEAD < bytes.length; at += 1) {
    const sequence = bytes.readBigUInt64BE(at + 4);
    const isNear = last === undefined || (sequence > last && sequence - last < SEQUENCES_AHEAD);
    if (isNear && recordAt(bytes, at) !== undefined) return true;
  }
  return false;
};
