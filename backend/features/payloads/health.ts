import type { HealthProbe } from '../health/types.ts';
import type { Segments } from './segments.ts';

/**
 * The payload part of `/health`: how many published entries still have their payload in PostgreSQL
 * only. Between anchors up to a segment of them waits as a matter of course.
 *
 * @param expectedEntries waiting entries that are no reason to worry
 */
export const createPayloadProbe = (options: {
  readonly segments: Pick<Segments, 'storedBelow'>;
  readonly publishedSize: () => Promise<bigint>;
  readonly expectedEntries: number;
}): HealthProbe => ({
  part: 'payloads',
  check: async () => {
    const [stored, published] = await Promise.all([options.segments.storedBelow(), options.publishedSize()]);
    const waitingEntries = Math.max(0, Number(published - stored));
    return {
      status: waitingEntries > options.expectedEntries ? 'degraded' : 'ok',
      figures: { waitingEntries, storedEntries: Number(stored) },
    };
  },
});
