import { z } from 'zod';

import type { KeyDirectory } from '../chain/types.ts';
import { decimal, position } from '../../http/decimal.ts';
import { defineRoute, type Route } from '../../http/route.ts';
import type { AnchorStore } from './anchor-store.ts';

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);

const anchorSchema = z.object({
  id: decimal,
  epoch: decimal,
  size: decimal,
  root: hash,
  status: z.enum(['chosen', 'pinned', 'submitted', 'confirmed', 'archived', 'superseded', 'unprovable']),
  final: z.boolean(),
  manifest: z.string().nullable(),
  transactionHash: hash.nullable(),
  block: z.object({ number: decimal, hash, time: decimal }).nullable(),
  chosenAt: z.string(),
});

/** `GET /v1/anchors`: checkpoints chosen for the chain and how far each has come. */
export const anchorRoutes = (options: {
  readonly store: AnchorStore;
  readonly directory: KeyDirectory;
  readonly finalityDepth: bigint;
}): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/anchors',
    operationId: 'listAnchors',
    tag: 'anchors',
    summary: 'Anchors, newest first',
    permission: 'anyone',
    rate: 'read',
    origins: 'any',
    request: {
      query: z.object({
        cursor: position.optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(50),
      }),
    },
    responses: {
      200: {
        description: 'A page of anchors; `next` is the cursor of the following one',
        content: {
          'application/json': z.object({ anchors: z.array(anchorSchema), next: decimal.nullable() }),
        },
      },
    },
    handler: async ({ query }) => {
      const below = query.cursor === undefined ? undefined : BigInt(query.cursor);
      const anchors = await options.store.list(below, query.limit);
      const head = options.directory.head()?.number ?? 0n;
      return {
        status: 200,
        json: {
          anchors: anchors.map((anchor) => ({
            id: anchor.id,
            epoch: anchor.epoch,
            size: anchor.size,
            root: anchor.root,
            status: anchor.status,
            final: anchor.block !== undefined && anchor.block.number + options.finalityDepth <= head,
            manifest: anchor.manifest?.toString() ?? null,
            transactionHash: anchor.transactionHash ?? null,
            block: anchor.block ?? null,
            chosenAt: anchor.chosenAt.toISOString(),
          })),
          next: anchors.length < query.limit ? null : (anchors.at(-1)?.id ?? null),
        },
      };
    },
  }),
];
