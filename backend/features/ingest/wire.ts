import { z } from 'zod';
import { fromHex, toHex } from '@gridseal/protocol/bytes';
import { ProtocolError } from '@gridseal/protocol/errors';
import { decodeIngestBody } from '@gridseal/protocol/payload/ingest-body';
import { blocksOf } from '@gridseal/protocol/readings/block';
import { encodeColumnar } from '@gridseal/protocol/readings/columnar';
import { readingsFromJson } from '@gridseal/protocol/readings/json';
import { encodeAuthorPart } from '@gridseal/protocol/statement/codec';
import { requireObject, statementFromJson } from '@gridseal/protocol/statement/json';
import { refusal, toRefusal } from './refusal.ts';
import type { Ingest, Refusal, Submission, SubmissionResult } from './types.ts';

const hash = z.string().meta({ description: '32 bytes, 0x hex' });

/** The JSON form of a request. Each batch is decoded by itself, so that a bad one disturbs no other. */
export const batchesSchema = z.object({
  logId: z.string().optional().meta({
    description: 'the log that the statements are signed for, to be told apart from a bad signature',
  }),
  batches: z.array(z.unknown()).min(1).meta({
    description:
      '{statement: {kind, header, body, signature}, batchKey, readings: [{timeMs, channel, quality, value}]}; statements without readings leave out batchKey and readings',
  }),
});

/** What a client is told of each statement, in the order sent. */
export const resultsSchema = z.object({
  results: z.array(
    z.discriminatedUnion('status', [
      z.object({
        status: z.enum(['accepted', 'duplicate']),
        digest: hash,
        receipt: z.object({
          logId: hash,
          digest: hash,
          entryHash: hash,
          receiptTimeMs: z.string(),
          deadline: z.string(),
          signature: z.string(),
        }),
      }),
      z.object({
        status: z.literal('refused'),
        digest: hash.nullable(),
        code: z.string(),
        field: z.string(),
        message: z.string(),
        retryable: z.boolean(),
      }),
    ]),
  ),
});

/** A statement as received: decoded, or refused for its form. */
export type Received = Submission | Refusal;

/** The statements of a JSON request. */
export const fromJson = (batches: readonly unknown[]): Received[] =>
  batches.map((json) => {
    try {
      const hasReadings =
        typeof json === 'object' && json !== null && ('readings' in json || 'batchKey' in json);
      const names = hasReadings ? ['statement', 'batchKey', 'readings'] : ['statement'];
      const { statement, batchKey, readings } = requireObject(json, names, 'batch');
      const authorPart = encodeAuthorPart(statementFromJson(statement));
      if (!hasReadings) return { authorPart, payload: undefined };
      if (typeof batchKey !== 'string')
        throw new ProtocolError('InvalidJson', 'batchKey', { expected: 'a string' });
      const columnar = encodeColumnar(blocksOf(readingsFromJson(readings)));
      return { authorPart, payload: { batchKey: fromHex(batchKey, 'batchKey', 32), columnar } };
    } catch (error) {
      return toRefusal(error);
    }
  });

/**
 * The statements of a compact request (docs/spec/readings.md).
 *
 * @throws ProtocolError when the frame around them is malformed
 */
export const fromCompact = (bytes: Uint8Array): Submission[] =>
  decodeIngestBody(bytes).map(({ authorPart, batchKey, columnar }) => ({
    authorPart,
    payload: { batchKey, columnar },
  }));

/**
 * Submits what was received and puts the results of the malformed ones in their places.
 *
 * @param claimedLog the log that the sender signed for, where it says so
 */
export const submitReceived = async (
  ingest: Ingest,
  received: readonly Received[],
  claimedLog: string | undefined,
  logId: string,
): Promise<SubmissionResult[]> => {
  if (claimedLog !== undefined && claimedLog.toLowerCase() !== logId) {
    const other = refusal('wrong-log', 'logId', `is ${claimedLog}; this is log ${logId}`);
    return received.map(() => ({ status: 'refused', digest: undefined, refusal: other }));
  }
  const submissions = received.filter((one): one is Submission => 'authorPart' in one);
  const results = submissions.length === 0 ? [] : await ingest.submit(submissions);
  let next = 0;
  return received.map((one) =>
    'authorPart' in one ? results[next++]! : { status: 'refused', digest: undefined, refusal: one },
  );
};

/** A result as JSON. */
export const resultJson = (result: SubmissionResult): z.input<typeof resultsSchema>['results'][number] => {
  if (result.status === 'refused')
    return {
      status: 'refused',
      digest: result.digest === undefined ? null : toHex(result.digest),
      ...result.refusal,
    };
  const { receipt, signature } = result.receipt;
  return {
    status: result.status,
    digest: toHex(result.digest),
    receipt: {
      logId: toHex(receipt.logId),
      digest: toHex(receipt.digest),
      entryHash: toHex(receipt.entryHash),
      receiptTimeMs: receipt.receiptTimeMs.toString(),
      deadline: receipt.deadline.toString(),
      signature: toHex(signature),
    },
  };
};
