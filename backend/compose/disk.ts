import { join } from 'node:path';
import { boundLog } from '../adapters/disk/bounded-log.ts';
import { readDiskSpace } from '../adapters/disk/disk-space.ts';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Config } from '../config.ts';
import { createDiskProbe, describeFullDisk } from '../features/health/disk.ts';
import type { HealthProbe } from '../features/health/types.ts';
import type { Gate } from '../features/ingest/gate.ts';
import type { Lifetime } from '../lifetime.ts';
import { createPoller } from '../worker/poller.ts';

const LOOK_MS = 5_000;

/** Logs that the programs of embedded parts append to. */
const LOGS = ['postgres.log', join('chain', 'anvil.log')] as const;

/** The disk of the data folder: no new work while it is full, and no log in it that grows without bound. */
export const composeDisk = (parts: {
  readonly config: Config;
  readonly gate: Pick<Gate, 'watch'>;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
}): readonly HealthProbe[] => {
  const { config, gate, lifetime, logger } = parts;
  const { reserveBytes } = config.disk;
  const space = () => readDiskSpace(config.dataDir);
  gate.watch({
    name: 'disk full',
    figure: async () => reserveBytes - (await space()).free,
    refuseAbove: 0,
    describe: (missing) => describeFullDisk(reserveBytes - missing, reserveBytes),
  });
  const step = async () => {
    for (const name of LOGS) await boundLog(join(config.dataDir, name), config.logger.bounds);
    return 'idle' as const;
  };
  const poller = createPoller({ name: 'logs', intervalMs: LOOK_MS, step, logger });
  poller.start();
  lifetime.own('logs worker', poller.stop);
  return [createDiskProbe(space, reserveBytes)];
};
