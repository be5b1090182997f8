import { fromHex, toHex, type Hex } from '@gridseal/protocol';
import { z } from 'zod';
import { Problem, type ProblemMapper } from '../../http/problem.ts';
import { defineRoute, type Route } from '../../http/route.ts';
import { ErasureError } from './errors.ts';
import type { Erasures, ErasureState } from './types.ts';

const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'must be 32 bytes: 0x and 64 lower-case hex digits')
  .transform((text) => text as Hex);

const stateSchema = z.object({
  digest: z.string(),
  reason: z.string(),
  status: z.enum(['asked', 'erased', 'logged']),
  erasedMs: z.string().nullable().meta({ description: 'when the key was destroyed, Unix milliseconds' }),
  index: z.string().nullable().meta({ description: 'of the Erasure statement in the log' }),
});

const stateJson = ({ digest, reason, erasedMs, index }: ErasureState): z.input<typeof stateSchema> => ({
  digest: toHex(digest),
  reason,
  status: erasedMs === undefined ? 'asked' : index === undefined ? 'erased' : 'logged',
  erasedMs: erasedMs === undefined ? null : String(Math.floor(erasedMs)),
  index: index === undefined ? null : String(index),
});

/** Ask for the erasure of a batch, and see how far it is. */
export const erasureRoutes = (erasures: Erasures): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/erasures',
    operationId: 'eraseBatch',
    tag: 'evidence',
    summary: 'Destroy the key of a batch for good',
    description:
      'The batch stays in the log and provable; its readings can never be decrypted again, from the database, IPFS or a backup of either. It cannot be undone.',
    permission: 'operator',
    rate: 'write',
    origins: 'same',
    request: {
      body: { json: z.strictObject({ digest: hash, reason: z.string().trim().min(1).max(500) }) },
    },
    responses: {
      202: { description: 'Taken; the key is destroyed soon', content: { 'application/json': stateSchema } },
      404: { description: 'No such statement in the log, or its payload is nowhere' },
      422: { description: 'The statement has no readings' },
    },
    handler: async ({ body }) => ({
      status: 202,
      json: stateJson(await erasures.ask(fromHex(body.value.digest), body.value.reason)),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/erasures/:digest',
    operationId: 'getErasure',
    tag: 'evidence',
    summary: 'How far the erasure of a batch is',
    permission: 'anyone',
    rate: 'read',
    origins: 'any',
    request: { params: z.object({ digest: hash }) },
    responses: {
      200: { description: 'The erasure', content: { 'application/json': stateSchema } },
      404: { description: 'The erasure of this batch was not asked for' },
    },
    handler: async ({ params }) => {
      const found = await erasures.find(fromHex(params.digest));
      if (found === undefined) throw new Problem('not-found');
      return { status: 200, json: stateJson(found) };
    },
  }),
];

/** Gives a batch that cannot be erased its problem. */
export const toErasureProblem: ProblemMapper = (error) =>
  error instanceof ErasureError
    ? new Problem(error.code, { detail: error.message, cause: error })
    : undefined;
