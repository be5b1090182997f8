import { ProtocolError } from '../errors.ts';

// 64-bit integers travel as two unsigned 32-bit halves: a bigint for each of a batch's values would cost more than the
// rest of the codec.

/** Writes LEB128 varints, always minimal. */
export class VarintWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Unsigned 32 bits. */
  u32(value: number): void {
    this.u64(0, value);
  }

  /** Unsigned 64 bits as halves. */
  u64(high: number, low: number): void {
    this.#reserve(10);
    let [hi, lo] = [high >>> 0, low >>> 0];
    while (hi !== 0 || lo > 0x7f) {
      this.#bytes[this.#length++] = (lo & 0x7f) | 0x80;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    this.#bytes[this.#length++] = lo;
  }

  /** Two's complement 64 bits as halves, zigzag: small magnitudes are short. */
  zigzag(high: number, low: number): void {
    const sign = high >> 31;
    this.u64(((high << 1) | (low >>> 31)) ^ sign, (low << 1) ^ sign);
  }

  /** A byte string with its length before it. */
  column(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#bytes.length + length));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Reads LEB128 varints and refuses longer forms. The 64-bit reads leave their result in `high` and `low`. */
export class VarintReader {
  high = 0;
  low = 0;
  readonly #bytes: Uint8Array;
  readonly #field: string;
  #offset = 0;

  constructor(bytes: Uint8Array, field: string) {
    this.#bytes = bytes;
    this.#field = field;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Unsigned 32 bits. @throws ProtocolError `Truncated`, `NonCanonical`, `OutOfRange` */
  u32(): number {
    this.u64();
    if (this.high !== 0) throw new ProtocolError('OutOfRange', this.#field, { expected: 'at most 32 bits' });
    return this.low;
  }

  /** Unsigned 64 bits. @throws ProtocolError `Truncated`, `NonCanonical`, `OutOfRange` */
  u64(): void {
    let high = 0;
    let low = 0;
    for (let i = 0; i < 10; i++) {
      if (this.#offset >= this.#bytes.length) {
        throw new ProtocolError('Truncated', this.#field, {
          expected: 'a varint',
          actual: this.#bytes.length,
        });
      }
      const byte = this.#bytes[this.#offset++]!;
      const bits = byte & 0x7f;
      if (i < 5) low |= bits << (7 * i);
      if (i === 4) high = bits >>> 4;
      if (i > 4) high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        if (byte === 0 && i > 0)
          throw new ProtocolError('NonCanonical', this.#field, { expected: 'a minimal varint' });
        if (i === 9 && byte > 1) break;
        this.high = high >>> 0;
        this.low = low >>> 0;
        return;
      }
    }
    throw new ProtocolError('OutOfRange', this.#field, { expected: 'at most 64 bits' });
  }

  /** Two's complement 64 bits. @throws ProtocolError as {@link VarintReader.u64} */
  zigzag(): void {
    this.u64();
    const sign = -(this.low & 1);
    const low = ((this.low >>> 1) | (this.high << 31)) ^ sign;
    this.high = ((this.high >>> 1) ^ sign) >>> 0;
    this.low = low >>> 0;
  }

  /** A byte string with its length before it, as a view. @throws ProtocolError `Truncated` */
  column(field: string): VarintReader {
    return new VarintReader(this.#take(this.u32(), field), field);
  }

  /** @throws ProtocolError `TrailingBytes` unless all was read */
  end(): void {
    if (this.remaining > 0) {
      throw new ProtocolError('TrailingBytes', this.#field, { expected: 0, actual: this.remaining });
    }
  }

  #take(length: number, field: string): Uint8Array {
    if (length > this.remaining) {
      throw new ProtocolError('Truncated', field, { expected: length, actual: this.remaining });
    }
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }
}
