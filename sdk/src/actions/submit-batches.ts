import { z } from 'zod';
import { INGEST_MEDIA_TYPE, encodeIngestBody, type Hex, type IngestItem } from '@gridseal/protocol';
import { readJson, type GridsealClient } from '../http/client.ts';
import { hexSchema } from '../http/schemas.ts';

/** A receipt as the service words it in JSON. */
export const signedReceiptSchema = z.object({
  logId: hexSchema,
  digest: hexSchema,
  entryHash: hexSchema,
  receiptTimeMs: z.string(),
  deadline: z.string(),
  signature: hexSchema,
});

/** The operator's promise as JSON: whoever keeps it can challenge it on chain (`parseSignedReceipt`). */
export type ReceiptJson = z.output<typeof signedReceiptSchema>;

/** What the service answers to a request with batches, over HTTP and MQTT: a result for each, in the order sent. */
export const batchResultsSchema = z.object({
  results: z.array(
    z.discriminatedUnion('status', [
      z.object({
        status: z.enum(['accepted', 'duplicate']),
        digest: hexSchema,
        receipt: signedReceiptSchema,
      }),
      z.object({
        status: z.literal('refused'),
        digest: hexSchema.nullable(),
        code: z.string(),
        field: z.string(),
        message: z.string(),
        retryable: z.boolean(),
      }),
    ]),
  ),
});

/** What the service said of one batch. */
export type BatchResult =
  | { readonly status: 'accepted' | 'duplicate'; readonly digest: Hex; readonly receipt: ReceiptJson }
  | {
      readonly status: 'refused';
      readonly digest: Hex | null;
      readonly code: string;
      readonly field: string;
      readonly message: string;
      readonly retryable: boolean;
    };

/**
 * Submits signed batches. A refused batch is an answer, not an error: results come in the order sent.
 *
 * @throws SdkError `unreachable`, `timeout`, `unexpected-answer`; ServiceError when the whole request is refused
 * @example const [result] = await submitBatches(client, { items: [item] })
 */
export const submitBatches = async (
  client: GridsealClient,
  { items }: { readonly items: readonly IngestItem[] },
): Promise<readonly BatchResult[]> => {
  const response = await client.request({
    method: 'POST',
    path: '/v1/batches',
    body: encodeIngestBody(items),
    contentType: INGEST_MEDIA_TYPE,
  });
  return (await readJson(response, batchResultsSchema)).results;
};
