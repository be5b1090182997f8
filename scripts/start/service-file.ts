import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const serviceSchema = z.object({
  url: z.string(),
  rpcUrl: z.string(),
  mqttUrl: z.string(),
  logId: z.string(),
  origin: z.string(),
  trustFile: z.string(),
  pid: z.number(),
});

/** Where a running service answers, as it wrote to its data folder when it was ready. */
export type RunningService = z.output<typeof serviceSchema>;

const LOOK_MS = 200;
const PATIENCE_MS = 120_000;

/**
 * Waits until the service of a data folder is ready.
 *
 * @param pid of the process that was started; a file of an earlier one is not taken for it
 * @throws Error when it is not ready after two minutes
 */
export const waitForService = async (dataDir: string, pid?: number): Promise<RunningService> => {
  const file = join(dataDir, 'service.json');
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until;) {
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw cause;
    });
    const service = text === undefined ? undefined : serviceSchema.parse(JSON.parse(text));
    if (service !== undefined && (pid === undefined || service.pid === pid)) return service;
    await new Promise((wake) => setTimeout(wake, LOOK_MS));
  }
  throw new Error(`the service of ${dataDir} is not ready after ${PATIENCE_MS / 1000} s`);
};
