import type { Reading } from '@gridseal/protocol';
import { fitsReading, nearest, parseDecimal } from './decimal.ts';
import type { MeterChannel } from './meter-file.ts';

/** Numbers below are seconds since 1970, others milliseconds. */
const FIRST_MS = 100_000_000_000n;

/** A clock that shows a time before this one was never set. */
const CLOCK_FLOOR_MS = BigInt(Date.UTC(2000, 0, 1));

const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)$/u;

/** A number of a JSON document as it is written there: a double would round it. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const keepNumbers = (_name: string, value: unknown, { source }: { readonly source?: string }): unknown =>
  typeof value === 'number' && source !== undefined ? new NumberText(source) : value;

/** JSON whose numbers are {@link NumberText}. Node gives a reviver the source of a value; the types do not know yet. */
const parseExactly = (payload: string): unknown =>
  JSON.parse(payload, keepNumbers as (name: string, value: unknown) => unknown);

/** What stands at a JSON pointer (RFC 6901), or `undefined`. */
const at = (json: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      json,
    );

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

const timeOfText = (text: string): bigint | undefined => {
  const [whole, year, month, day] = ISO_8601.exec(text) ?? [];
  if (whole === undefined || Number(day) > daysIn(Number(year), Number(month))) return undefined;
  const ms = Date.parse(text.replace(',', '.'));
  return Number.isNaN(ms) ? undefined : BigInt(ms);
};

/** Unix milliseconds of a JSON number, in seconds or milliseconds by its size, or of a text in ISO 8601 with an offset. */
const timeOf = (value: unknown): bigint | undefined => {
  if (typeof value === 'string') return timeOfText(value);
  const decimal = value instanceof NumberText ? parseDecimal(value.text) : undefined;
  if (decimal === undefined) return undefined;
  const units = nearest(decimal, 0);
  const ms = units < FIRST_MS ? nearest(decimal, -3) : units;
  return ms >= 0n && fitsReading(ms) ? ms : undefined;
};

/** A message that does not hold what its channel says. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

/** The clock of this machine was never set: what it would say of a message's arrival is not so. The message is to come again. */
export class ClockError extends Error {
  override readonly name = 'ClockError';
  constructor() {
    super('the clock of this machine is not set');
  }
}

/**
 * The reading of a channel in a message. Numbers are read as they are written, exactly.
 *
 * @param arrivedMs for channels whose messages name no time
 * @throws MessageError when the value or the time is not where the channel says, no number or no time, or before the year 2000
 * @throws ClockError when the time of arrival is asked for, and is before the year 2000
 */
export const readMessage = (
  { channel, topic, scale, value, time }: MeterChannel,
  payload: string,
  arrivedMs: number,
): Reading => {
  let json: unknown;
  if (value !== undefined || time !== undefined) {
    try {
      json = parseExactly(payload);
    } catch {
      throw new MessageError(`${topic}: not JSON: ${payload.slice(0, 80)}`);
    }
  }
  const found = value === undefined ? payload.trim() : at(json, value);
  const text = found instanceof NumberText ? found.text : typeof found === 'string' ? found.trim() : '';
  const decimal = parseDecimal(text);
  const number = decimal === undefined ? undefined : nearest(decimal, scale);
  if (number === undefined || !fitsReading(number)) {
    throw new MessageError(`${topic}${value ?? ''}: no number of 64 bits: ${payload.slice(0, 80)}`);
  }
  const timeMs = time === undefined ? BigInt(arrivedMs) : timeOf(at(json, time));
  if (timeMs === undefined) throw new MessageError(`${topic}${time ?? ''}: no time: ${payload.slice(0, 80)}`);
  if (timeMs < CLOCK_FLOOR_MS) {
    if (time === undefined) throw new ClockError();
    throw new MessageError(
      `${topic}${time}: its clock is not set, it shows ${new Date(Number(timeMs)).toISOString()}`,
    );
  }
  return { timeMs, channel, quality: 0, value: number };
};
