import type { Reading } from '@gridseal/protocol';

/** Most measured readings of a batch: half of what it holds, so that there is room for summaries. */
const MAX_READINGS = 32_768;

/** Parts of what one batch cannot hold. What was measured at one time stays together, so that parts follow each other in time. */
const partsOf = (group: readonly Reading[]): readonly (readonly Reading[])[] => {
  if (group.length <= MAX_READINGS) return [group];
  const moments = [...Map.groupBy(group, ({ timeMs }) => timeMs).entries()].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const parts: Reading[][] = [[]];
  for (const [, moment] of moments) {
    for (let at = 0; at < moment.length; at += MAX_READINGS) {
      const together = moment.slice(at, at + MAX_READINGS);
      if ((parts.at(-1)?.length ?? 0) + together.length > MAX_READINGS) parts.push([]);
      parts.at(-1)?.push(...together);
    }
  }
  return parts.filter(({ length }) => length > 0);
};

/**
 * Cuts readings into batches of a span of device time, oldest first.
 *
 * @param spanMs milliseconds, at least 1
 */
export const batchesOf = (readings: readonly Reading[], spanMs: number): readonly (readonly Reading[])[] => {
  const span = BigInt(Math.max(1, Math.floor(spanMs)));
  const groups = Map.groupBy(readings, ({ timeMs }) => timeMs / span);
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, group]) => partsOf(group));
};
