import type { Reading } from '@gridseal/protocol';

/** Most measured readings of a batch: half of what it holds, so that there is room for summaries. */
const MAX_READINGS = 32_768;

/**
 * Cuts readings into batches of a span of device time, oldest first.
 *
 * @param spanMs milliseconds, at least 1
 */
export const batchesOf = (readings: readonly Reading[], spanMs: number): readonly (readonly Reading[])[] => {
  const span = BigInt(Math.max(1, Math.floor(spanMs)));
  const groups = Map.groupBy(readings, ({ timeMs }) => timeMs / span);
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const parts: Reading[][] = [];
      for (let at = 0; at < group.length; at += MAX_READINGS) parts.push(group.slice(at, at + MAX_READINGS));
      return parts;
    });
};
