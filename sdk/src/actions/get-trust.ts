import { parseTrust, type Trust } from '@gridseal/protocol';
import type { GridsealClient } from '../http/client.ts';

/** What the service says a verifier must trust. Compare it with another source before relying on it. */
export const getTrust = async (client: GridsealClient): Promise<Trust> =>
  parseTrust(await (await client.request({ path: '/v1/trust' })).text());
