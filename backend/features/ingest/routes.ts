import { ProtocolError } from '@gridseal/protocol/errors';
import { INGEST_MEDIA_TYPE } from '@gridseal/protocol/payload/ingest-body';
import type { Hex } from '@gridseal/protocol/bytes';
import { Problem, type ProblemMapper } from '../../http/problem.ts';
import { defineRoute, type Route } from '../../http/route.ts';
import { IngestError } from './errors.ts';
import type { Ingest } from './types.ts';
import {
  batchesSchema,
  fromCompact,
  fromJson,
  resultJson,
  resultsSchema,
  submitReceived,
  type Received,
} from './wire.ts';

/**
 * `POST /v1/batches`: JSON or the compact body, many statements a request, one result each.
 *
 * @param logId of this log; a request may name the one it means in `logId` or the header `Gridseal-Log`
 */
export const ingestRoutes = (options: {
  readonly ingest: Ingest;
  readonly logId: Hex;
  readonly maxBatches: number;
}): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/batches',
    operationId: 'submitBatches',
    tag: 'ingest',
    summary: 'Submit signed statements with their readings',
    description:
      'Statements accepted are durable when the answer arrives. Submitting one again returns its first receipt. A refused one disturbs no other; its `code` and `field` say why.',
    permission: 'anyone',
    rate: 'write',
    origins: 'any',
    request: { body: { json: batchesSchema, bytes: { mediaTypes: [INGEST_MEDIA_TYPE] } } },
    responses: {
      200: {
        description: 'One result a statement, in order',
        content: { 'application/json': resultsSchema },
      },
      503: {
        description:
          'The queue is full (`overloaded`), or the log takes nothing until a new epoch begins (`log-halted`); `Retry-After` says when to try again',
      },
    },
    handler: async ({ body, headers }) => {
      const received: Received[] =
        body.kind === 'json' ? fromJson(limit(body.value.batches)) : compact(body.bytes);
      limit(received);
      const header = headers['gridseal-log'];
      const named = body.kind === 'json' ? body.value.logId : undefined;
      const claimed = named ?? (typeof header === 'string' ? header : undefined);
      const results = await submitReceived(options.ingest, received, claimed, options.logId);
      return { status: 200, json: { results: results.map(resultJson) } };

      function limit<T>(batches: readonly T[]): readonly T[] {
        if (batches.length <= options.maxBatches) return batches;
        const message = `${batches.length} batches; at most ${options.maxBatches} are taken in one request`;
        throw new Problem('validation-failed', {
          errors: [{ field: 'body.batches', code: 'too-many-batches', message }],
        });
      }
    },
  }),
];

const compact = (bytes: Uint8Array): Received[] => {
  try {
    return fromCompact(bytes);
  } catch (cause) {
    if (cause instanceof ProtocolError) {
      const errors = [{ field: `body.${cause.field}`, code: 'malformed', message: cause.message }];
      throw new Problem('validation-failed', { errors, cause });
    }
    throw cause;
  }
};

/** Refusals of whole requests as problems. */
export const toIngestProblem: ProblemMapper = (error) =>
  error instanceof IngestError
    ? new Problem(error.code === 'log-halted' ? 'log-halted' : 'overloaded', {
        retryAfterSeconds: error.retryAfterSeconds,
        detail: error.code === 'closed' ? 'the service is stopping' : (error.reason ?? 'the queue is full'),
        cause: error,
      })
    : undefined;
