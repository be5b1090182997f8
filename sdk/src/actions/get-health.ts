import { z } from 'zod';
import { readJson, type GridsealClient } from '../http/client.ts';

const status = z.enum(['ok', 'degraded', 'failing']);
const healthSchema = z.object({
  status,
  version: z.string(),
  uptimeSeconds: z.number(),
  parts: z.record(
    z.string(),
    z.object({
      status,
      detail: z.string().optional(),
      figures: z.record(z.string(), z.number()).optional(),
    }),
  ),
});

/** How every part of a service fares: `degraded` works with a delay, `failing` does not work. Figures have their unit in their name. */
export type ServiceHealth = z.output<typeof healthSchema>;

/**
 * How a service fares. One of which a part is failing answers too.
 *
 * @throws SdkError `unreachable`, `timeout`, `unexpected-answer`
 * @example const { status, parts } = await getHealth(client)
 */
export const getHealth = async (client: GridsealClient): Promise<ServiceHealth> =>
  readJson(await client.request({ path: '/health', alsoAnswers: [503] }), healthSchema);
