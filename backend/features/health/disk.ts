import type { HealthProbe } from './types.ts';

const MIB = 1_048_576;

const mebibytes = (bytes: number): string => `${Math.max(0, Math.floor(bytes / MIB))} MiB`;

/** One sentence for a person; it names no folder, since anyone may read it. */
export const describeFullDisk = (freeBytes: number, reserveBytes: number): string =>
  `disk full: ${mebibytes(freeBytes)} are free and ${mebibytes(reserveBytes)} are kept for what was taken already; ` +
  'new work is refused until there is room again';

/** The disk's part of `/health`: failing while it is full, degraded while twice the reserve is not free. */
export const createDiskProbe = (
  space: () => Promise<{ readonly free: number; readonly total: number }>,
  reserveBytes: number,
): HealthProbe => ({
  part: 'disk',
  check: async () => {
    const { free, total } = await space();
    const figures = { freeBytes: free, totalBytes: total };
    if (free < reserveBytes)
      return { status: 'failing', detail: describeFullDisk(free, reserveBytes), figures };
    if (free < 2 * reserveBytes)
      return { status: 'degraded', detail: `the disk is filling: ${mebibytes(free)} are free`, figures };
    return { status: 'ok', figures };
  },
});
