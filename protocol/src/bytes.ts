import { ProtocolError } from './errors.ts';

/** Lower-case hexadecimal with a `0x` prefix and an even number of digits. */
export type Hex = `0x${string}`;

/** Character codes of the two digits of each byte. */
const DIGITS = Uint8Array.from({ length: 512 }, (_, i) =>
  (((i >> 1) >> (i % 2 === 0 ? 4 : 0)) & 15).toString(16).charCodeAt(0),
);
/** Bytes turned into text at once: a call takes only so many arguments. */
const HEX_PORTION = 4096;
const HEX = /^0x[0-9a-f]*$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Largest value of an unsigned 64-bit integer. */
export const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/**
 * Joins byte strings into a new one.
 *
 * @example concat(Uint8Array.of(1), Uint8Array.of(2)) // Uint8Array [1, 2]
 */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return concatAll(parts);
}

/** {@link concat} of as many byte strings as there are. @example concatAll(leaves) */
export function concatAll(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** `0x` and two lower-case digits a byte. @example toHex(Uint8Array.of(255)) // "0xff" */
export function toHex(bytes: Uint8Array): Hex {
  let text = '0x';
  for (let from = 0; from < bytes.length; from += HEX_PORTION) {
    const length = Math.min(HEX_PORTION, bytes.length - from);
    const codes = new Array<number>(2 * length);
    for (let i = 0; i < length; i++) {
      const at = 2 * bytes[from + i]!;
      codes[2 * i] = DIGITS[at]!;
      codes[2 * i + 1] = DIGITS[at + 1]!;
    }
    // eslint-disable-next-line no-restricted-syntax -- a portion, not the whole
    text += String.fromCharCode(...codes);
  }
  return text as Hex;
}

/**
 * Bytes of a {@link Hex} string. Upper-case digits, a missing prefix and odd lengths are refused, so that a byte string
 * has one text form.
 *
 * @param field named in the error
 * @param length the number of bytes required, where it is fixed
 * @throws ProtocolError `InvalidHex`, `LengthMismatch`
 * @example fromHex("0xff", "salt") // Uint8Array [255]
 */
export function fromHex(text: string, field = 'hex', length?: number): Uint8Array {
  if (text.length % 2 !== 0 || !HEX.test(text)) {
    throw new ProtocolError('InvalidHex', field, { expected: '0x and an even number of digits 0-9 a-f' });
  }
  const bytes = new Uint8Array(text.length / 2 - 1);
  if (length !== undefined) requireLength(bytes, length, field);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (nibble(text.charCodeAt(2 + 2 * i)) << 4) | nibble(text.charCodeAt(3 + 2 * i));
  }
  return bytes;
}

function nibble(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

/**
 * Throws unless `bytes` has the length.
 *
 * @throws ProtocolError `LengthMismatch`
 */
export function requireLength(bytes: Uint8Array, length: number, field: string): void {
  if (bytes.length !== length) {
    throw new ProtocolError('LengthMismatch', field, { expected: length, actual: bytes.length });
  }
}

/** Whether two byte strings are the same. Not constant-time: for public values only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compare(a, b) === 0;
}

/** Lexicographic order of unsigned bytes, a prefix first: negative, zero or positive. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether every byte is zero. */
export function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Text of UTF-8 bytes. A byte order mark is kept as a character, so encoding again gives the same bytes.
 *
 * @throws ProtocolError `InvalidUtf8`
 */
export function fromUtf8(bytes: Uint8Array, field = 'text'): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ProtocolError('InvalidUtf8', field, { cause });
  }
}

/** The unsigned big-endian integer that the bytes spell. */
export function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(toHex(bytes));
}

/**
 * Unsigned big-endian bytes of an integer.
 *
 * @throws ProtocolError `OutOfRange` when it is negative or does not fit
 * @example fromBigInt(258n, 4, "size") // Uint8Array [0, 0, 1, 2]
 */
export function fromBigInt(value: bigint, length: number, field = 'integer'): Uint8Array {
  if (value < 0n || value >> BigInt(8 * length) !== 0n) {
    throw new ProtocolError('OutOfRange', field, {
      expected: `unsigned ${8 * length}-bit integer`,
      actual: value,
    });
  }
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let end = length; rest > 0n; end -= 4) {
    let word = Number(BigInt.asUintN(32, rest));
    for (let i = end - 1; i >= 0 && i >= end - 4; i--) {
      bytes[i] = word;
      word >>>= 8;
    }
    rest >>= 32n;
  }
  return bytes;
}

/**
 * Reads a format front to back and names the field at which the input ends early. Byte strings it returns are views of
 * the input, not copies.
 *
 * @example
 * const reader = new ByteReader(bytes);
 * const size = reader.u32("size");
 * const body = reader.take(size, "body");
 * reader.end("frame");
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#advance(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#advance(2, field));
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#advance(4, field));
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#advance(8, field));
  }

  /** The next `length` bytes, as a view. Nothing is allocated, so `length` may be an attacker's. */
  take(length: number, field: string): Uint8Array {
    const start = this.#advance(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** @throws ProtocolError `TrailingBytes` unless the whole input was read */
  end(field: string): void {
    if (this.remaining > 0)
      throw new ProtocolError('TrailingBytes', field, { expected: 0, actual: this.remaining });
  }

  #advance(length: number, field: string): number {
    const start = this.#offset;
    if (length > this.#bytes.length - start) {
      throw new ProtocolError('Truncated', field, { expected: length, actual: this.#bytes.length - start });
    }
    this.#offset = start + length;
    return start;
  }
}

/**
 * Writes a format front to back, growing as needed. Integers out of range throw instead of wrapping.
 *
 * @example new ByteWriter().u8(1, "version").u32(body.length, "length").bytes(body).finish()
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number, field: string): this {
    requireUnsigned(value, 0xff, field);
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number, field: string): this {
    requireUnsigned(value, 0xffff, field);
    const at = this.#reserve(2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number, field: string): this {
    requireUnsigned(value, 0xffff_ffff, field);
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
    return this;
  }

  u64(value: bigint, field: string): this {
    if (value < 0n || value > MAX_U64) {
      throw new ProtocolError('OutOfRange', field, { expected: 'unsigned 64-bit integer', actual: value });
    }
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(length: number): number {
    const start = this.#length;
    const end = start + length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = end;
    return start;
  }
}

function requireUnsigned(value: number, max: number, field: string): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new ProtocolError('OutOfRange', field, { expected: `integer from 0 to ${max}`, actual: value });
  }
}
