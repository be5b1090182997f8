import { registerPeriodKey } from '../adapters/keys/period-key-registry.ts';
import { openPeriodKeys, type PeriodKeyStore } from '../adapters/keys/period-keys.ts';
import type { DurableFiles } from '../adapters/durable-file/durable-files.ts';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { Config } from '../config.ts';
import type { Lifetime } from '../lifetime.ts';
import { createPoller } from '../worker/poller.ts';

const LOOK_MS = 60_000;

/** Period keys that follow the calendar: a new day's payloads are wrapped by a new key. */
export const composePeriodKeys = async (parts: {
  readonly config: Config;
  readonly files: DurableFiles;
  readonly database: Database;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
}): Promise<PeriodKeyStore> => {
  const { config, files, database, lifetime, logger } = parts;
  const keys = await openPeriodKeys({ folder: config.keys.periodFolder, files, now: new Date() });
  await registerPeriodKey(database, keys.current());
  const step = async () => {
    await keys.advance(new Date());
    await registerPeriodKey(database, keys.current());
    return 'idle' as const;
  };
  const poller = createPoller({ name: 'period keys', intervalMs: LOOK_MS, step, logger });
  poller.start();
  lifetime.own('period keys worker', poller.stop);
  return keys;
};
