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
      for (const reading of together) parts.at(-1)?.push(reading);
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

/**
 * Cuts readings that come in the order of their times into stretches that are no longer than they must be: between two spans, or where a
 * batch would be full. What a batch that was signed holds stays together.
 *
 * @param pieces readings of one time are in one piece
 * @param straddles whether a batch that was signed lies across a time
 */
export async function* stretchesOf(
  pieces: AsyncIterable<readonly Reading[]>,
  spanMs: number,
  straddles: (timeMs: bigint) => boolean,
): AsyncGenerator<readonly Reading[]> {
  const span = BigInt(Math.max(1, Math.floor(spanMs)));
  let held: Reading[] = [];
  /** Readings of the batch that is being filled. */
  let filled = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const timeMs = piece[at]?.timeMs ?? 0n;
      let end = at + 1;
      while (end < piece.length && piece[end]?.timeMs === timeMs) end += 1;
      const before = held.at(-1)?.timeMs;
      const isNext = before !== undefined && before / span !== timeMs / span;
      const isFull = filled + (end - at) > MAX_READINGS;
      if (isNext || isFull) filled = 0;
      if (held.length > 0 && (isNext || isFull) && !straddles(timeMs)) {
        yield held;
        held = [];
      }
      filled += end - at;
      for (; at < end; at += 1) held.push(piece[at]!);
    }
  }
  if (held.length > 0) yield held;
}
