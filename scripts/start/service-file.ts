import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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

/**
 * Waits until the service of a data folder is ready, for as long as it takes: it may itself be waiting for a part of it.
 *
 * @param pid of the process that was started; a file of an earlier one is not taken for it
 * @param signal ends the waiting
 */
export const waitForService = async (
  dataDir: string,
  options: {
    readonly pid?: number | undefined;
    readonly signal?: AbortSignal;
    /** Called before each further look. */
    readonly onLook?: () => Promise<void>;
  } = {},
): Promise<RunningService> => {
  const { pid, signal, onLook } = options;
  const file = join(dataDir, 'service.json');
  for (;;) {
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw cause;
    });
    const service = text === undefined ? undefined : serviceSchema.parse(JSON.parse(text));
    if (service !== undefined && (pid === undefined || service.pid === pid)) return service;
    await onLook?.();
    await delay(LOOK_MS, undefined, signal === undefined ? {} : { signal });
  }
};
