import { z } from 'zod';
import type { Hex } from '@gridseal/protocol';
import { readJson, type GridsealClient } from '../http/client.ts';
import { hexSchema } from '../http/schemas.ts';
import { signedReceiptSchema } from './submit-batches.ts';

const receiptSchema = z.object({
  digest: hexSchema,
  stage: z.enum(['accepted', 'sequenced', 'cosigned', 'anchored', 'final']),
  accepted: signedReceiptSchema,
  sequenced: z.object({ index: z.string(), checkpoint: z.string() }).nullable(),
  cosigned: z.object({ checkpoint: z.string() }).nullable(),
  anchored: z
    .object({
      size: z.string(),
      transactionHash: hexSchema,
      blockNumber: z.string(),
      blockHash: hexSchema,
      blockTime: z.string(),
      final: z.boolean(),
    })
    .nullable(),
});

/** How far a statement has come. */
export type StagedReceipt = z.output<typeof receiptSchema>;

/**
 * The receipt of a statement and its stage: accepted, sequenced, cosigned, anchored, final.
 *
 * @throws ServiceError `not-found` when no such statement was acknowledged
 */
export const getReceipt = async (
  client: GridsealClient,
  { digest }: { readonly digest: Hex },
): Promise<StagedReceipt> =>
  readJson(await client.request({ path: `/v1/receipts/${digest}` }), receiptSchema);
