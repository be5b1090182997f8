import type { Reading } from '@gridseal/protocol';

/** When a reading is worth sending. Amounts are in the channel's own scaled integers. */
export type ReportRule = {
  /** A reading that differs from the last one kept of its channel by more than this is kept. */
  readonly deadBandOf: (channel: number) => DeadBand;
  /** A reading is kept when the last one kept is this much older, in ms. */
  readonly heartbeatMs: number;
};

/** A fixed amount, or a share of the last kept value in millionths. */
export type DeadBand =
  | { readonly kind: 'amount'; readonly amount: bigint }
  | { readonly kind: 'share'; readonly millionths: bigint };

/** What a reduction left out, and how far a reader who holds each kept value until the next one is off. */
export type ReductionFigures = {
  readonly read: number;
  readonly kept: number;
  /** read / kept */
  readonly ratio: number;
  readonly channels: readonly {
    readonly channel: number;
    readonly read: number;
    /** In the channel's scaled integers. */
    readonly maxError: bigint;
    readonly rmsError: number;
  }[];
};

const MILLION = 1_000_000n;
const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

const bandAt = (band: DeadBand, value: bigint): bigint =>
  band.kind === 'amount' ? band.amount : (absolute(value) * band.millionths) / MILLION;

/**
 * Keeps of each channel the first reading, each that leaves the dead band around the last one kept, each that comes a heartbeat
 * after it, and each whose quality changes (send-on-delta, as IEC 61400-25 and IEC 60870-5 telemetry report).
 *
 * @param readings in any order; of one channel no two of one time
 * @returns the kept ones by channel and time, and what that cost
 * @example const { kept, figures } = reportOnChange(readings, { deadBandOf: () => ({ kind: 'amount', amount: 50n }), heartbeatMs: 900_000 })
 */
export const reportOnChange = (
  readings: readonly Reading[],
  { deadBandOf, heartbeatMs }: ReportRule,
): { readonly kept: readonly Reading[]; readonly figures: ReductionFigures } => {
  const heartbeat = BigInt(heartbeatMs);
  const kept: Reading[] = [];
  const channels: ReductionFigures['channels'][number][] = [];
  const byChannel = Map.groupBy(readings, ({ channel }) => channel);
  for (const [channel, all] of [...byChannel].sort(([a], [b]) => a - b)) {
    const deadBand = deadBandOf(channel);
    let last: Reading | undefined;
    let [maxError, squares] = [0n, 0];
    for (const reading of all.toSorted((a, b) => (a.timeMs < b.timeMs ? -1 : 1))) {
      const error = last === undefined ? 0n : absolute(reading.value - last.value);
      const isSame =
        last !== undefined &&
        error <= bandAt(deadBand, last.value) &&
        reading.timeMs - last.timeMs < heartbeat &&
        reading.quality === last.quality;
      if (!isSame) {
        kept.push(reading);
        last = reading;
        continue;
      }
      if (error > maxError) maxError = error;
      squares += Number(error) ** 2;
    }
    channels.push({ channel, read: all.length, maxError, rmsError: Math.sqrt(squares / all.length) });
  }
  const ratio = kept.length === 0 ? 1 : readings.length / kept.length;
  return { kept, figures: { read: readings.length, kept: kept.length, ratio, channels } };
};

/** The figures of two reductions one after the other. */
export const addFigures = (a: ReductionFigures, b: ReductionFigures): ReductionFigures => {
  const byChannel = Map.groupBy([...a.channels, ...b.channels], ({ channel }) => channel);
  const channels = [...byChannel].map(([channel, parts]) => {
    const read = parts.reduce((sum, part) => sum + part.read, 0);
    const squares = parts.reduce((sum, part) => sum + part.read * part.rmsError ** 2, 0);
    const maxError = parts.reduce((most, part) => (part.maxError > most ? part.maxError : most), 0n);
    return { channel, read, maxError, rmsError: Math.sqrt(squares / read) };
  });
  const [read, kept] = [a.read + b.read, a.kept + b.kept];
  return { read, kept, ratio: kept === 0 ? 1 : read / kept, channels };
};
