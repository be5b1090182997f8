import { concat, fromBigInt, toBigInt } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';

/** An RLP item: a byte string, or a list of items. Byte strings are views of what was decoded. */
export type RlpItem = Uint8Array | readonly RlpItem[];

/** Longest RLP that is read, in bytes: a receipt of some hundred anchors is shorter. */
export const MAX_RLP_LENGTH = 262_144;

/** Deepest nesting of lists that is read; headers, receipts and trie nodes have at most four. */
const MAX_DEPTH = 16;
const SHORT = 55;

type Span = { readonly isList: boolean; readonly start: number; readonly end: number };

/**
 * Decodes RLP in its one encoding (Yellow Paper, appendix B). Time and memory are linear in the length, whatever the bytes
 * say of their own length and nesting.
 *
 * @throws ProtocolError `NonCanonical`, `TooLong`
 */
export function decodeRlp(bytes: Uint8Array, field: string): RlpItem {
  if (bytes.length > MAX_RLP_LENGTH) {
    throw new ProtocolError('TooLong', field, { expected: MAX_RLP_LENGTH, actual: bytes.length });
  }
  const span = spanAt(bytes, 0, bytes.length, field);
  if (span.end !== bytes.length) throw notRlp(field);
  return itemOf(bytes, span, 0, field);
}

function itemOf(bytes: Uint8Array, { isList, start, end }: Span, depth: number, field: string): RlpItem {
  if (!isList) return bytes.subarray(start, end);
  if (depth === MAX_DEPTH) {
    throw new ProtocolError('NonCanonical', field, { expected: `lists of at most ${MAX_DEPTH} levels` });
  }
  const items: RlpItem[] = [];
  for (let at = start; at < end;) {
    const span = spanAt(bytes, at, end, field);
    items.push(itemOf(bytes, span, depth + 1, field));
    at = span.end;
  }
  return items;
}

/** Where the content of the item at an offset lies; it must end by `limit`. */
function spanAt(bytes: Uint8Array, at: number, limit: number, field: string): Span {
  const prefix = bytes[at];
  if (prefix === undefined || at >= limit) throw notRlp(field);
  if (prefix < 0x80) return { isList: false, start: at, end: at + 1 };
  const isList = prefix >= 0xc0;
  const short = prefix - (isList ? 0xc0 : 0x80);
  const width = Math.max(0, short - SHORT);
  const start = at + 1 + width;
  const length = width === 0 ? short : lengthAt(bytes, at + 1, start, field);
  const end = start + length;
  if (end > limit) throw notRlp(field);
  // A byte below 0x80 is its own encoding.
  if (!isList && length === 1 && (bytes[start] ?? 0) < 0x80) throw notCanonical(field);
  return { isList, start, end };
}

/** A length of its own is longer than one byte could say, and has no leading zero. */
function lengthAt(bytes: Uint8Array, start: number, end: number, field: string): number {
  if (bytes[start] === 0) throw notCanonical(field);
  let length = 0;
  // Beyond 2⁵³ it is not exact, and far longer than what is read.
  for (let at = start; at < end; at++) length = 256 * length + (bytes[at] ?? 0);
  if (length <= SHORT) throw notCanonical(field);
  return length;
}

const notRlp = (field: string): ProtocolError =>
  new ProtocolError('NonCanonical', field, { expected: 'RLP' });
const notCanonical = (field: string): ProtocolError =>
  new ProtocolError('NonCanonical', field, { expected: 'RLP in its one encoding' });

/** The items of a list. @throws ProtocolError `NonCanonical` */
export function listOf(item: RlpItem | undefined, field: string): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) {
    throw new ProtocolError('NonCanonical', field, { expected: 'an RLP list' });
  }
  return item;
}

/** The bytes of a string, of a fixed length where one is given. @throws ProtocolError `NonCanonical` */
export function bytesOf(item: RlpItem | undefined, field: string, length?: number): Uint8Array {
  if (!(item instanceof Uint8Array) || (length !== undefined && item.length !== length)) {
    throw new ProtocolError('NonCanonical', field, { expected: `an RLP string of ${length ?? 'any'} bytes` });
  }
  return item;
}

/** An integer of at most 256 bits without leading zeros. @throws ProtocolError `NonCanonical` */
export function integerOf(item: RlpItem | undefined, field: string): bigint {
  const bytes = bytesOf(item, field);
  if (bytes[0] === 0 || bytes.length > 32) {
    throw new ProtocolError('NonCanonical', field, {
      expected: 'an integer of at most 32 bytes without leading zeros',
    });
  }
  return toBigInt(bytes);
}

/** Bytes that an item takes up in its encoding. */
export function lengthOf(item: RlpItem): number {
  const isByte = item instanceof Uint8Array && item.length === 1 && (item[0] ?? 0) < 0x80;
  if (isByte) return 1;
  const length =
    item instanceof Uint8Array ? item.length : item.reduce((sum, each) => sum + lengthOf(each), 0);
  return 1 + (length > SHORT ? bytesIn(length) : 0) + length;
}

function bytesIn(length: number): number {
  return Math.ceil((32 - Math.clz32(length)) / 8);
}

/** RLP of an integer below 2²⁵⁶, as the receipts trie names its entries. */
export function rlpOfIndex(index: bigint): Uint8Array {
  const word = fromBigInt(index, 32, 'index');
  const bytes = word.subarray(word.findIndex((byte) => byte !== 0) >>> 0);
  return bytes.length === 1 && index < 0x80n ? bytes : concat(Uint8Array.of(0x80 + bytes.length), bytes);
}
