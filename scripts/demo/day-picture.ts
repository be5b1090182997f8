import { amountText } from '@gridseal/protocol';
import type { DemoTelemetry } from './telemetry.ts';

const BARS = ' ▁▂▃▄▅▆▇█';
const HOUR_MS = 3_600_000n;

const mean = (values: readonly bigint[]): number =>
  values.reduce((sum, value) => sum + Number(value), 0) / Math.max(1, values.length);

/** One hour's bar; what goes the other way hangs from a line of its own, so only its size is drawn here. */
const bar = (share: number): string => BARS[Math.round(Math.min(1, Math.max(0, share)) * 8)] ?? ' ';

/**
 * A day as lines that a person sees through: the mean of each hour as a bar, largest and smallest value, and what the sign means.
 *
 * @param offsetMs distance of the station's clock from UTC in milliseconds
 */
export const dayPicture = ({ profile, readings }: DemoTelemetry, offsetMs: number): readonly string[] =>
  profile.channels.flatMap(({ channel, quantity, unit, scale, sign }) => {
    const own = readings.filter((reading) => reading.channel === channel);
    if (own.length === 0) return [];
    const hours = Map.groupBy(own, ({ timeMs }) => (timeMs + BigInt(offsetMs)) / HOUR_MS);
    const means = [...hours.entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, group]) => mean(group.map(({ value }) => value)));
    const values = own.map(({ value }) => value);
    const largest = values.reduce((a, b) => (a > b ? a : b));
    const smallest = values.reduce((a, b) => (a < b ? a : b));
    const most = means.reduce((top, value) => Math.max(top, Math.abs(value)), 1);
    const drawn = (way: 1 | -1): string => means.map((value) => bar((way * value) / most)).join('');
    const label = `  ${quantity.padEnd(16)}`;
    const range = `${amountText(smallest, scale)} to ${amountText(largest, scale)} ${unit}`;
    return [
      ...(largest > 0n || smallest >= 0n ? [`${label} +|${drawn(1)}|  ${range}`] : []),
      ...(smallest < 0n
        ? [
            `${largest > 0n ? ' '.repeat(label.length) : label} -|${drawn(-1)}|  ${largest > 0n ? '' : range}`.trimEnd(),
          ]
        : []),
      `${' '.repeat(label.length)}    ${sign}`,
    ];
  });
