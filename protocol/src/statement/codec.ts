import { ByteReader, ByteWriter, isZero } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { portable } from '../primitives.ts';
import { decodeMembers, encodeMembers } from './members.ts';
import { HEADER_MEMBERS, type Header } from './type-string.ts';

/** Longest log entry in bytes: a C2SP entry bundle gives a length of 16 bits. */
export const MAX_ENTRY_LENGTH = 65_535;

/** Longest author part in bytes: with the longest operator part it still makes an entry. */
export const MAX_AUTHOR_PART_LENGTH = MAX_ENTRY_LENGTH - (1 + 4 + 8 + 1 + 36 + 1 + 32);

const HEADER_LENGTH = 32 * HEADER_MEMBERS.length;
const ENTRY_VERSION = 1;
/** CIDv1, raw, sha2-256, 32 bytes. */
const CID_PREFIX = Uint8Array.of(0x01, 0x55, 0x12, 0x20);

/** What an author says before signing: everything that the digest covers. */
export type UnsignedPart = {
  readonly typeHash: Uint8Array;
  readonly header: Header;
  /** `encodeData` words of the members after the header, 32 bytes each. */
  readonly words: Uint8Array;
  /** Contents of the `bytes` and `string` members, in order. */
  readonly attachments: readonly Uint8Array[];
};

/** The author's part of a log entry; `signature` is encoded as docs/spec/identity.md says. */
export type AuthorPart = UnsignedPart & { readonly signature: Uint8Array };

/** What the operator adds when it takes a statement in. */
export type OperatorPart = {
  readonly receiptTimeMs: bigint;
  /** Binary CIDv1 (raw, SHA-256) of the payload block; empty = no payload. */
  readonly payloadCid: Uint8Array;
  /** `keyCommitment` of the batch key; empty = no payload. */
  readonly keyCommitment: Uint8Array;
};

/** One leaf of the log. */
export type Entry = { readonly authorPart: AuthorPart; readonly operatorPart: OperatorPart };

/**
 * The nine words of a header.
 *
 * @throws ProtocolError `OutOfRange`, or `RuleViolated` where fields contradict each other
 */
export function encodeHeader(header: Header): Uint8Array {
  requireHeaderRules(header);
  return encodeMembers(HEADER_MEMBERS, header, 'header', portable).words;
}

/**
 * Bytes of an author part.
 *
 * @throws ProtocolError `OutOfRange`, `LengthMismatch`, `RuleViolated`, `TooLong`
 */
export function encodeAuthorPart(part: AuthorPart): Uint8Array {
  if (part.typeHash.length !== 32) {
    throw new ProtocolError('LengthMismatch', 'typeHash', { expected: 32, actual: part.typeHash.length });
  }
  if (part.words.length % 32 !== 0) {
    throw new ProtocolError('LengthMismatch', 'words', {
      expected: 'words of 32',
      actual: part.words.length,
    });
  }
  requireAttachmentCount(part.attachments.length, part.words.length / 32);
  const writer = new ByteWriter(1024)
    .bytes(part.typeHash)
    .bytes(encodeHeader(part.header))
    .u8(part.words.length / 32, 'words')
    .bytes(part.words)
    .u8(part.attachments.length, 'attachments');
  for (const attachment of part.attachments) writer.u32(attachment.length, 'attachments').bytes(attachment);
  const bytes = writer.u16(part.signature.length, 'signature').bytes(part.signature).finish();
  requireWithin(bytes, MAX_AUTHOR_PART_LENGTH, 'authorPart');
  return bytes;
}

/**
 * Reads an author part of any kind. Its words are not interpreted: `readStatement` does that for the kinds it knows.
 * Byte fields are views of `bytes`.
 *
 * @throws ProtocolError `TooLong`, `Truncated`, `TrailingBytes`, `NonCanonical`, `RuleViolated`
 * @example const part = decodeAuthorPart(bytes); part.header.sequence // 7n
 */
export function decodeAuthorPart(bytes: Uint8Array): AuthorPart {
  requireWithin(bytes, MAX_AUTHOR_PART_LENGTH, 'authorPart');
  const reader = new ByteReader(bytes);
  const typeHash = reader.take(32, 'typeHash');
  const header = decodeHeader(reader.take(HEADER_LENGTH, 'header'));
  const words = reader.take(32 * reader.u8('words'), 'words');
  const count = reader.u8('attachments');
  requireAttachmentCount(count, words.length / 32);
  const attachments: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const field = `attachments[${i}]`;
    attachments.push(reader.take(reader.u32(field), field));
  }
  const signature = reader.take(reader.u16('signature'), 'signature');
  reader.end('authorPart');
  return { typeHash, header, words, attachments, signature };
}

/**
 * Bytes of a log entry. The author part may be given encoded, as it was received.
 *
 * @throws ProtocolError as {@link encodeAuthorPart}, and for an operator part that no operator writes
 */
export function encodeEntry(entry: {
  authorPart: AuthorPart | Uint8Array;
  operatorPart: OperatorPart;
}): Uint8Array {
  const author =
    entry.authorPart instanceof Uint8Array ? entry.authorPart : encodeAuthorPart(entry.authorPart);
  const { receiptTimeMs, payloadCid, keyCommitment } = entry.operatorPart;
  requireOperatorRules(entry.operatorPart);
  const bytes = new ByteWriter(author.length + 128)
    .u8(ENTRY_VERSION, 'version')
    .u32(author.length, 'authorPart')
    .bytes(author)
    .u64(receiptTimeMs, 'receiptTimeMs')
    .u8(payloadCid.length, 'payloadCid')
    .bytes(payloadCid)
    .u8(keyCommitment.length, 'keyCommitment')
    .bytes(keyCommitment)
    .finish();
  requireWithin(bytes, MAX_ENTRY_LENGTH, 'entry');
  return bytes;
}

/**
 * Reads a log entry; there is one encoding of each.
 *
 * @throws ProtocolError `TooLong`, `InvalidVersion`, `Truncated`, `TrailingBytes`, `NonCanonical`, `RuleViolated`
 * @example const { authorPart, operatorPart } = decodeEntry(bytes)
 */
export function decodeEntry(bytes: Uint8Array): Entry {
  requireWithin(bytes, MAX_ENTRY_LENGTH, 'entry');
  const reader = new ByteReader(bytes);
  const version = reader.u8('version');
  if (version !== ENTRY_VERSION) {
    throw new ProtocolError('InvalidVersion', 'version', { expected: ENTRY_VERSION, actual: version });
  }
  const authorPart = decodeAuthorPart(reader.take(reader.u32('authorPart'), 'authorPart'));
  const operatorPart = {
    receiptTimeMs: reader.u64('receiptTimeMs'),
    payloadCid: reader.take(reader.u8('payloadCid'), 'payloadCid'),
    keyCommitment: reader.take(reader.u8('keyCommitment'), 'keyCommitment'),
  };
  reader.end('entry');
  requireOperatorRules(operatorPart);
  return { authorPart, operatorPart };
}

/**
 * The author part's bytes within an entry, as a view, without decoding it.
 *
 * @throws ProtocolError `Truncated`
 */
export function authorPartOf(entry: Uint8Array): Uint8Array {
  const reader = new ByteReader(entry);
  reader.u8('version');
  return reader.take(reader.u32('authorPart'), 'authorPart');
}

function decodeHeader(words: Uint8Array): Header {
  const header = decodeMembers(HEADER_MEMBERS, { words, attachments: [] }, 'header', portable) as Header;
  requireHeaderRules(header);
  return header;
}

function requireHeaderRules(header: Header): void {
  if ((header.sequence === 0n) !== isZero(header.previous)) {
    throw new ProtocolError('RuleViolated', 'header.previous', { expected: 'zero exactly at sequence 0' });
  }
  if (header.notBeforeBlock !== 0n && isZero(header.notBeforeHash)) {
    throw new ProtocolError('RuleViolated', 'header.notBeforeHash', {
      expected: 'the hash of the block claimed',
    });
  }
}

function requireOperatorRules({ payloadCid, keyCommitment }: OperatorPart): void {
  const isCid = payloadCid.length === 36 && CID_PREFIX.every((byte, i) => payloadCid[i] === byte);
  if (payloadCid.length !== 0 && !isCid) {
    throw new ProtocolError('NonCanonical', 'payloadCid', { expected: 'CIDv1, raw, sha2-256' });
  }
  const expected = isCid ? 32 : 0;
  if (keyCommitment.length !== expected) {
    throw new ProtocolError('LengthMismatch', 'keyCommitment', { expected, actual: keyCommitment.length });
  }
}

function requireAttachmentCount(attachments: number, words: number): void {
  if (attachments > words) {
    throw new ProtocolError('CountMismatch', 'attachments', {
      expected: `at most ${words}`,
      actual: attachments,
    });
  }
}

function requireWithin(bytes: Uint8Array, limit: number, field: string): void {
  if (bytes.length > limit) {
    throw new ProtocolError('TooLong', field, { expected: limit, actual: bytes.length });
  }
}
