import { concatAll, fromBigInt, requireLength, toHex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { ProfileChannel } from '../identity/profile.ts';
import { FIRST_SUMMARY_CHANNEL, type Reading } from './reading.ts';

/** What a summary says of a measured channel, in the order of their codes: code 0 is the raw root. */
const KINDS = ['readings', 'total', 'minimum', 'maximum'] as const;
/** Measured channels that can be summarised lie below. */
const CHANNELS = 0x0100_0000;
const ROOT_WORDS = 4;
const ROOT_LENGTH = 32;
const LARGEST = 2n ** 63n - 1n;

/** What the value of a summary channel is about. */
export type Summary =
  | {
      /** One of the four words of the root over all that was measured. */
      readonly kind: 'raw-root';
      readonly word: number;
    }
  | {
      readonly kind: (typeof KINDS)[number];
      /** The measured channel. */
      readonly of: number;
    };

/**
 * What a channel number means when it is that of a summary (docs/spec/readings.md); `undefined` for every other.
 *
 * @example summaryOf(0x8200_0001) // { kind: 'total', of: 1 }
 */
export function summaryOf(channel: number): Summary | undefined {
  if (channel < FIRST_SUMMARY_CHANNEL) return undefined;
  const [code, of] = [Math.floor((channel - FIRST_SUMMARY_CHANNEL) / CHANNELS), channel % CHANNELS];
  if (code === 0) return of < ROOT_WORDS ? { kind: 'raw-root', word: of } : undefined;
  const kind = KINDS[code - 1];
  return kind && { kind, of };
}

/**
 * The summaries of everything that was measured: of each channel the number of readings, total, minimum and maximum, and the
 * root over all of them. They carry the time of the last reading and every quality bit that one of theirs has. A total beyond
 * 64 bits is left out.
 *
 * @param raw in any order; at least one
 * @param rawRoot 32 bytes, `commit` of the raw readings under a key of their own
 * @throws ProtocolError `OutOfRange` for a channel of 2²⁴ or more; `LengthMismatch`
 */
export function summariesOf(raw: readonly Reading[], rawRoot: Uint8Array): Reading[] {
  requireLength(rawRoot, ROOT_LENGTH, 'rawRoot');
  const timeMs = raw.reduce((last, reading) => (reading.timeMs > last ? reading.timeMs : last), 0n);
  const summaries: Reading[] = [];
  const view = new DataView(rawRoot.buffer, rawRoot.byteOffset, ROOT_LENGTH);
  for (let word = 0; word < ROOT_WORDS; word++) {
    const channel = FIRST_SUMMARY_CHANNEL + word;
    summaries.push({ timeMs, channel, quality: 0, value: view.getBigInt64(8 * word) });
  }
  for (const [of, readings] of Map.groupBy(raw, ({ channel }) => channel)) {
    if (of >= CHANNELS) {
      throw new ProtocolError('OutOfRange', 'channel', { expected: `below ${CHANNELS}`, actual: of });
    }
    const quality = readings.reduce((bits, reading) => bits | reading.quality, 0) >>> 0;
    for (const [i, value] of figuresOf(readings).entries()) {
      if (value > LARGEST || value < -LARGEST - 1n) continue;
      summaries.push({ timeMs, channel: FIRST_SUMMARY_CHANNEL + (i + 1) * CHANNELS + of, quality, value });
    }
  }
  return summaries;
}

/** In the order of {@link KINDS}. */
function figuresOf(readings: readonly Reading[]): readonly bigint[] {
  const values = readings.map(({ value }) => value);
  return [
    BigInt(values.length),
    values.reduce((sum, value) => sum + value, 0n),
    values.reduce((least, value) => (value < least ? value : least)),
    values.reduce((most, value) => (value > most ? value : most)),
  ];
}

/**
 * The raw root that readings of one batch state, or `undefined` when they do not hold all its words.
 *
 * @param readings all or some of a batch, as a bundle discloses them
 */
export function rawRootIn(readings: readonly Reading[]): Uint8Array | undefined {
  const words = new Map<number, Uint8Array>();
  for (const { channel, value } of readings) {
    const summary = summaryOf(channel);
    if (summary?.kind === 'raw-root')
      words.set(summary.word, fromBigInt(BigInt.asUintN(64, value), 8, 'word'));
  }
  if (words.size < ROOT_WORDS) return undefined;
  return concatAll(Array.from({ length: ROOT_WORDS }, (_, word) => words.get(word)!));
}

/** What the values of a channel mean: its entry in the profile, or what a summary makes of the entry of its channel. */
export function meaningOf(
  channel: number,
  profile: ReadonlyMap<number, ProfileChannel>,
): ProfileChannel | undefined {
  const summary = summaryOf(channel);
  const own = profile.get(channel);
  if (summary === undefined || own !== undefined) return own;
  if (summary.kind === 'raw-root') {
    const quantity = `raw-root-word-${summary.word + 1}`;
    return { channel, quantity, scale: 0, sign: "two's complement", unit: '1' };
  }
  const measured = profile.get(summary.of);
  if (measured === undefined) return undefined;
  const quantity = `${measured.quantity}-${summary.kind}`;
  return summary.kind === 'readings'
    ? { channel, quantity, scale: 0, sign: 'a number of readings', unit: '1' }
    : { ...measured, channel, quantity };
}

/** @throws ProtocolError `RootMismatch` unless the readings of one batch state this raw root */
export function requireRawRoot(readings: readonly Reading[], rawRoot: Uint8Array): void {
  const stated = rawRootIn(readings);
  const [expected, actual] = [stated && toHex(stated), toHex(rawRoot)];
  if (expected !== actual) {
    throw new ProtocolError('RootMismatch', 'rawRoot', {
      expected: expected ?? 'the four words of a raw root among the readings',
      actual,
    });
  }
}
