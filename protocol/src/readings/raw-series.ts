import { fromHex, toHex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { portable, type Primitives } from '../primitives.ts';
import { requireObject } from '../statement/json.ts';
import { blocksOf, readingsOf } from './block.ts';
import { decodeColumnar, encodeColumnar } from './columnar.ts';
import { readingsRootOf } from './commitment.ts';
import type { Reading } from './reading.ts';

/** All that was measured for a batch that holds less, and the key of its salts. It stays with whoever measured. */
export type RawSeries = {
  /** Ascending by (channel, timeMs). */
  readonly readings: readonly Reading[];
  /** 32 random bytes, known to nobody who holds only the batch. */
  readonly key: Uint8Array;
};

const FORMAT = 'gridseal-raw-series/1';
/** Longest document, in characters: 65,536 readings in their least favourable form. */
export const MAX_RAW_SERIES_LENGTH = 4_194_304;

/**
 * The root that the batch states in its summaries: `commit` of the raw readings under their own key.
 *
 * @throws ProtocolError `NotAscending`, `CountMismatch`, `OutOfRange`, `LengthMismatch`
 */
export function rawRootOf({ readings, key }: RawSeries, primitives: Primitives = portable): Uint8Array {
  return readingsRootOf({ blocks: blocksOf(readings), batchKey: key }, primitives);
}

/** A raw series as a JSON document. @throws ProtocolError as {@link rawRootOf} */
export function formatRawSeries({ readings, key }: RawSeries): string {
  const columnar = toHex(encodeColumnar(blocksOf(readings)));
  return `${JSON.stringify({ columnar, format: FORMAT, key: toHex(key) })}\n`;
}

/**
 * Reads a raw series.
 *
 * @throws ProtocolError `TooLong`, `InvalidJson`, what `fromHex` and `decodeColumnar` throw
 */
export function parseRawSeries(document: string): RawSeries {
  if (document.length > MAX_RAW_SERIES_LENGTH) {
    throw new ProtocolError('TooLong', 'rawSeries', {
      expected: MAX_RAW_SERIES_LENGTH,
      actual: document.length,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(document);
  } catch (cause) {
    throw new ProtocolError('InvalidJson', 'rawSeries', { cause });
  }
  const { columnar, format, key } = requireObject(json, ['columnar', 'format', 'key'], 'rawSeries');
  if (format !== FORMAT || typeof columnar !== 'string' || typeof key !== 'string') {
    throw new ProtocolError('InvalidJson', 'rawSeries', {
      expected: `${FORMAT} with columnar and key in hexadecimal`,
    });
  }
  return { readings: readingsOf(decodeColumnar(fromHex(columnar))), key: fromHex(key) };
}
