import type { Reading } from '@gridseal/protocol';
import { fitsReading, nearest, parseDecimal } from './decimal.ts';
import type { MeterChannel } from './meter-file.ts';

/** Numbers below are seconds since 1970, others milliseconds. */
const FIRST_MS = 100_000_000_000;

/** How far a meter's clock may be ahead of the gateway's. */
const MAX_AHEAD_MS = 60_000n;

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

const timeOf = (value: unknown): bigint | undefined => {
  const ms =
    typeof value === 'number' ? (value < FIRST_MS ? value * 1_000 : value) : Date.parse(String(value));
  return Number.isFinite(ms) && ms >= 0 ? BigInt(Math.round(ms)) : undefined;
};

/** A message that does not hold what its channel says. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

/**
 * The reading of a channel in a message.
 *
 * @param arrivedMs for channels whose messages name no time
 * @throws MessageError when the value or the time is not where the channel says, or no number
 */
export const readMessage = (
  { channel, topic, scale, value, time }: MeterChannel,
  payload: string,
  arrivedMs: number,
): Reading => {
  let json: unknown;
  if (value !== undefined || time !== undefined) {
    try {
      json = JSON.parse(payload);
    } catch {
      throw new MessageError(`${topic}: not JSON: ${payload.slice(0, 80)}`);
    }
  }
  const found = value === undefined ? payload.trim() : at(json, value);
  const text = typeof found === 'number' || typeof found === 'string' ? String(found).trim() : '';
  const decimal = parseDecimal(text);
  const number = decimal === undefined ? undefined : nearest(decimal, scale);
  if (number === undefined || !fitsReading(number)) {
    throw new MessageError(`${topic}${value ?? ''}: no number of 64 bits: ${payload.slice(0, 80)}`);
  }
  const timeMs = time === undefined ? BigInt(arrivedMs) : timeOf(at(json, time));
  if (timeMs === undefined) throw new MessageError(`${topic}${time ?? ''}: no time: ${payload.slice(0, 80)}`);
  // Later readings of the channel would be taken for repetitions until that time has come.
  if (timeMs > BigInt(arrivedMs) + MAX_AHEAD_MS)
    throw new MessageError(`${topic}: its time ${timeMs} is ahead of this clock by more than a minute`);
  return { timeMs, channel, quality: 0, value: number };
};
