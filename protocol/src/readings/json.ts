import { ProtocolError } from '../errors.ts';
import { integerFromJson, requireObject } from '../statement/json.ts';
import { requireReadingCount } from './block.ts';
import type { Reading } from './reading.ts';

/** A reading as JSON: the 64-bit fields as decimal strings. */
export type ReadingJson = {
  readonly timeMs: string;
  readonly channel: number;
  readonly quality: number;
  readonly value: string;
};

const FIELDS = ['timeMs', 'channel', 'quality', 'value'];

/** Readings as JSON. @example JSON.stringify(readingsToJson(readings)) */
export function readingsToJson(readings: readonly Reading[]): ReadingJson[] {
  return readings.map(({ timeMs, channel, quality, value }) => ({
    timeMs: timeMs.toString(),
    channel,
    quality,
    value: value.toString(),
  }));
}

/**
 * The readings that a JSON document lists. Ranges and order are for `blocksOf` to judge.
 *
 * @param json parsed JSON, not yet looked at
 * @throws ProtocolError `InvalidJson`, `CountMismatch`
 * @example const blocks = blocksOf(readingsFromJson(body.readings))
 */
export function readingsFromJson(json: unknown): Reading[] {
  if (!Array.isArray(json)) throw new ProtocolError('InvalidJson', 'readings', { expected: 'an array' });
  requireReadingCount(json.length);
  return json.map((item: unknown, i) => {
    const field = `readings[${i}]`;
    const { timeMs, channel, quality, value } = requireObject(item, FIELDS, field);
    return {
      timeMs: integerFromJson(timeMs, `${field}.timeMs`),
      channel: requireNumber(channel, `${field}.channel`),
      quality: requireNumber(quality, `${field}.quality`),
      value: integerFromJson(value, `${field}.value`),
    };
  });
}

function requireNumber(json: unknown, field: string): number {
  if (typeof json === 'number') return json;
  throw new ProtocolError('InvalidJson', field, { expected: 'a number', actual: typeof json });
}
