import type { Primitives } from '@gridseal/protocol';
import type { Logger } from '../../adapters/logger/logger.ts';
import type { StepOutcome } from '../../worker/poller.ts';
import type { ContentStore } from '../payloads/types.ts';
import type { OperatorIntents } from '../sequencer/types.ts';
import type { ErasureGroup, ErasureStore } from './erasure-store.ts';
import { keysRewrapped, keysUnder } from './survivors.ts';
import type { ErasureKeys } from './types.ts';

/** Destroys the keys of batches whose erasure was asked for. */
export type Eraser = {
  /** Does one group of erasures; safe to repeat after a crash at any point. */
  readonly step: () => Promise<StepOutcome>;
};

const nameOf = (digest: Uint8Array): string => Buffer.from(digest).toString('hex');

/**
 * Creates the eraser. What a period's key wraps cannot be taken from it one by one, because the wrapped keys are in payload
 * blocks that nobody can change. So the survivors are wrapped under a new key, that is made durable beside the keys, and only
 * then the old key is destroyed; then the log is told.
 *
 * @param holdsLease whether this process is the one that erases
 */
export const createEraser = (options: {
  readonly erasures: ErasureStore;
  readonly keys: ErasureKeys;
  readonly store: Pick<ContentStore, 'getAll'>;
  readonly intents: Pick<OperatorIntents, 'erasure'>;
  readonly primitives: Primitives;
  readonly holdsLease: () => Promise<boolean>;
  readonly logger: Logger;
}): Eraser => {
  const { erasures, keys, store, intents, primitives, logger } = options;

  /** Wraps what is to stay readable under a new key. A period whose key is gone already has nothing to save. */
  const saveSurvivors = async (period: string): Promise<void> => {
    let batchKeys = await keysRewrapped(period, keys, primitives);
    if (batchKeys === undefined) {
      const periodKey = await keys.find(period);
      if (periodKey === undefined) return;
      batchKeys = await keysUnder(period, periodKey, { erasures, store, primitives });
    }
    const erased = await erasures.erasedOf(period);
    const under = await keys.createApart();
    const survivors = new Map(
      [...batchKeys]
        .filter(([digest]) => !erased.has(digest))
        .map(([digest, key]) => [digest, primitives.aesKwWrap(under.key, key)]),
    );
    await keys.writeRewrapped(period, { under: under.period, keys: survivors });
    logger.info({ period, under: under.period, survivors: survivors.size }, 'batch keys wrapped again');
  };

  const erase = async (group: ErasureGroup): Promise<void> => {
    const { period } = group;
    if (keys.current().period === period) await keys.renew();
    await erasures.closePeriod(period);
    const before = await keys.rewrapped(period);
    const retired = group.retired ?? before?.under ?? period;
    if (group.retired === undefined) await erasures.retire(group, retired);
    const isSaved =
      before !== undefined &&
      before.under !== retired &&
      group.erasures.every(({ digest }) => !before.keys.has(nameOf(digest)));
    if (!isSaved) await saveSurvivors(period);
    await keys.destroy(retired);
    await erasures.finish(group, (tx, erasure) => intents.erasure(tx, erasure));
    for (const { digest } of group.erasures)
      logger.info({ digest: `0x${nameOf(digest)}`, retired }, 'the key of a batch was destroyed');
  };

  return {
    step: async () => {
      if (!(await options.holdsLease())) return 'idle';
      const group = await erasures.next();
      if (group === undefined) return 'idle';
      await erase(group);
      return 'more';
    },
  };
};
