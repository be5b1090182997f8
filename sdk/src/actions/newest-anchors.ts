import { z } from 'zod';
import { readJson, type GridsealClient } from '../http/client.ts';
import { hexSchema } from '../http/schemas.ts';

const anchorsSchema = z.object({
  anchors: z.array(
    z.object({
      id: z.string(),
      size: z.string(),
      root: hexSchema,
      status: z.string(),
      final: z.boolean(),
      transactionHash: hexSchema.nullable(),
      block: z.object({ number: z.string(), hash: hexSchema, time: z.string() }).nullable(),
    }),
  ),
});

/** A checkpoint that was chosen for the chain and how far it has come; block times are Unix seconds. */
export type ServiceAnchor = z.output<typeof anchorsSchema>['anchors'][number];

/** The newest anchors as the service tells them, newest first. The chain itself is asked by `listAnchors`. */
export const newestAnchors = async (
  client: GridsealClient,
  { limit }: { readonly limit: number },
): Promise<readonly ServiceAnchor[]> =>
  (await readJson(await client.request({ path: '/v1/anchors', query: { limit } }), anchorsSchema)).anchors;
