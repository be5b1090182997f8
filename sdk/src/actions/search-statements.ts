import { z } from 'zod';
import type { Hex, KindName } from '@gridseal/protocol';
import { readJson, type GridsealClient } from '../http/client.ts';
import { hexSchema } from '../http/schemas.ts';

const pageSchema = z.object({
  statements: z.array(
    z.object({
      index: z.string(),
      digest: hexSchema,
      kind: z.string().nullable(),
      author: hexSchema,
      sequence: z.string(),
      timeMs: z.string(),
      receiptTimeMs: z.string(),
    }),
  ),
  next: z.string().nullable(),
});

/** A page of statements in log order; `next` is the index from which the following page is read. */
export type StatementPage = z.output<typeof pageSchema>;

/**
 * Statements of the log by author, kind and the author's time (Unix milliseconds), in log order.
 *
 * @param options.from first log index to consider
 * @example const { statements } = await searchStatements(client, { kind: 'TelemetryBatch', limit: 10 })
 */
export const searchStatements = async (
  client: GridsealClient,
  options: {
    readonly author?: Hex | undefined;
    readonly kind?: KindName | undefined;
    readonly fromIndex?: bigint | undefined;
    readonly limit?: number | undefined;
  } = {},
): Promise<StatementPage> => {
  const { author, kind, fromIndex, limit } = options;
  const query = { author, kind, cursor: fromIndex === undefined ? undefined : String(fromIndex), limit };
  return readJson(await client.request({ path: '/v1/statements', query }), pageSchema);
};
