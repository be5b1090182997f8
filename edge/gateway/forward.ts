import { submitBatches, type GridsealClient } from '@gridseal/sdk';
import type { Forward } from './station.ts';

/** Sends batches over HTTP. */
export const forwardOverHttp =
  (client: GridsealClient): Forward =>
  (items) =>
    submitBatches(client, { items });
