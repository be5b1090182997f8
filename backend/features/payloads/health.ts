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

/** How many damaged packs are named; the figure counts all of them. */
const NAMED = 3;

/** The blockstore's part of `/health`: packs that are not as they were written, by name. */
export const createBlockstoreProbe = (store: {
  readonly damaged: () => Promise<readonly { readonly pack: string; readonly damage: string }[]>;
}): HealthProbe => ({
  part: 'blockstore',
  check: async () => {
    const damaged = await store.damaged();
    const figures = { damagedPacks: damaged.length };
    if (damaged.length === 0) return { status: 'ok', figures };
    const named = damaged.slice(0, NAMED).map(({ pack, damage }) => `${pack} ${damage}`);
    const more = damaged.length > NAMED ? `, and ${damaged.length - NAMED} more` : '';
    return {
      status: 'degraded',
      detail: `${named.join(', ')}${more}: put a copy back or import its blocks again (docs/guide/recovery.md); all other blocks are served`,
      figures,
    };
  },
});
