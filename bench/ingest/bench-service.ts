import { join } from 'node:path';
import { createGridsealClient } from '@gridseal/sdk';
import { createTestFolder } from '../../test/setup/postgres.ts';
import { startService, type RunningService } from '../../test/setup/service.ts';
import { enrolFleet, type Fleet } from './corpus.ts';

const DEVICES = 16;

/** The whole service in a process of its own, with devices enrolled on its chain. */
export type BenchService = {
  readonly url: string;
  readonly pid: number;
  readonly fleet: Fleet;
  /** Ends it as Ctrl-C does and starts it again. @returns the service of then, and how long it took to be ready */
  readonly restart: () => Promise<{ readonly service: BenchService; readonly readyMs: number }>;
  readonly stop: () => Promise<void>;
};

/** Starts the service on its embedded defaults, in a folder of its own. */
export const startBenchService = async (): Promise<BenchService> => {
  const folder = await createTestFolder();
  const start = () =>
    startService({
      dataDir: join(folder.path, 'service'),
      readyWithinMs: 600_000,
      env: {
        RPC_PORT: '0',
        MQTT_PORT: '0',
        LOG_LEVEL: 'warn',
        RATE_LIMIT_READ: 'off',
        RATE_LIMIT_WRITE: 'off',
      },
    });
  const serving = (running: RunningService, fleet: Fleet): BenchService => {
    const { pid } = running.process;
    if (pid === undefined) throw new Error('the service has no process');
    return {
      url: running.url,
      pid,
      fleet,
      restart: async () => {
        await running.stop();
        const began = performance.now();
        const again = await start();
        return { service: serving(again, fleet), readyMs: performance.now() - began };
      },
      stop: async () => {
        await running.stop();
        await folder.remove();
      },
    };
  };
  const first = await start();
  try {
    return serving(first, await enrolFleet(createGridsealClient({ url: first.url }), DEVICES));
  } catch (error) {
    await first.stop();
    await folder.remove();
    throw error;
  }
};
