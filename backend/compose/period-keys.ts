import { registerPeriodKey, requirePeriodFolder } from '../adapters/keys/period-key-registry.ts';
import { openPeriodKeys, type PeriodKeyStore } from '../adapters/keys/period-keys.ts';
import type { DurableFiles } from '../adapters/durable-file/durable-files.ts';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { Config } from '../config.ts';
import type { ErasureKeys } from '../features/erasure/types.ts';
import type { PeriodKeys } from '../features/ingest/types.ts';
import type { Lifetime } from '../lifetime.ts';
import { createPoller } from '../worker/poller.ts';

const LOOK_MS = 60_000;
/** Batches that one key seals: an erasure among them wraps all the others again. */
const MAX_BATCHES = 65_536;

/** Period keys as each part of the service sees them. */
export type ComposedPeriodKeys = {
  readonly store: PeriodKeyStore;
  readonly ofIngest: PeriodKeys;
  readonly ofErasures: ErasureKeys;
};

/**
 * Period keys that follow the calendar and the number of batches: a new day's payloads are wrapped by a new key, and so are
 * those after so many.
 */
export const composePeriodKeys = async (parts: {
  readonly config: Config;
  readonly files: DurableFiles;
  readonly database: Database;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
}): Promise<ComposedPeriodKeys> => {
  const { config, files, database, lifetime, logger } = parts;
  await requirePeriodFolder(database, config.keys.periodFolder);
  const store = await openPeriodKeys({ folder: config.keys.periodFolder, files, now: new Date() });
  await registerPeriodKey(database, store.current());

  let sealed = 0;
  const renew = async () => {
    const key = await store.renew(new Date());
    await registerPeriodKey(database, key);
    return key;
  };
  const step = async () => {
    if (sealed >= MAX_BATCHES) {
      await renew();
      sealed = 0;
    }
    await store.advance(new Date());
    await registerPeriodKey(database, store.current());
    return 'idle' as const;
  };
  const poller = createPoller({ name: 'period keys', intervalMs: LOOK_MS, step, logger });
  poller.start();
  lifetime.own('period keys worker', poller.stop);

  return {
    store,
    ofIngest: {
      current: (batches) => {
        sealed += batches;
        if (sealed >= MAX_BATCHES && sealed - batches < MAX_BATCHES) poller.wake();
        return store.current();
      },
      closed: poller.wake,
    },
    ofErasures: {
      current: store.current,
      renew,
      createApart: () => store.createApart(new Date()),
      find: store.find,
      rewrapped: store.rewrapped,
      writeRewrapped: store.writeRewrapped,
      destroy: store.destroy,
    },
  };
};
