import { ProtocolError } from '@gridseal/protocol/errors';
import type { Hex } from '@gridseal/protocol/bytes';
import { DatabaseError } from '../../adapters/postgres/errors.ts';
import { IngestError } from './errors.ts';
import type { Ingest } from './types.ts';
import { fromCompact, resultJson, submitReceived } from './wire.ts';

/**
 * Topics of ingest over MQTT. The level below is the author's address, lower-case with `0x`; the one below that, a value that
 * the sender picks for each request and that its answer carries.
 */
export const BATCHES_TOPIC = 'gridseal/v1/batches';
export const RESULTS_TOPIC = 'gridseal/v1/results';

/** What ingest needs of a broker: it answers each request where its sender listens. A request counts as taken when `handle` resolves. */
export type Messaging = {
  readonly serve: (service: {
    readonly requests: string;
    readonly answers: string;
    readonly handle: (payload: Uint8Array) => Promise<string>;
  }) => Promise<void>;
};

/** What is published for one message: results in order, or why the whole message was not taken. */
type Answer =
  | { readonly results: readonly ReturnType<typeof resultJson>[] }
  | {
      readonly error: {
        readonly code: string;
        readonly message: string;
        readonly retryAfterSeconds?: number;
      };
    };

/**
 * Takes batches from `gridseal/v1/batches/<author>/<correlation>` (the compact body of docs/spec/readings.md) and publishes an
 * answer for each message on `gridseal/v1/results/<author>/<correlation>`, with the results of `POST /v1/batches`.
 *
 * @example await serveMqtt({ messaging, ingest, logId, maxBatches: 1024 })
 */
export const serveMqtt = async (options: {
  readonly messaging: Messaging;
  readonly ingest: Ingest;
  readonly logId: Hex;
  readonly maxBatches: number;
}): Promise<void> =>
  options.messaging.serve({
    requests: BATCHES_TOPIC,
    answers: RESULTS_TOPIC,
    handle: async (payload) => JSON.stringify(await answerMessage(payload, options)),
  });

const answerMessage = async (
  payload: Uint8Array,
  { ingest, logId, maxBatches }: Omit<Parameters<typeof serveMqtt>[0], 'messaging'>,
): Promise<Answer> => {
  try {
    const received = fromCompact(payload);
    if (received.length > maxBatches)
      return { error: { code: 'too-many-batches', message: `at most ${maxBatches} batches a message` } };
    const results = await submitReceived(ingest, received, undefined, logId);
    return { results: results.map(resultJson) };
  } catch (error) {
    if (error instanceof ProtocolError)
      return { error: { code: 'malformed', message: `${error.field}: ${error.message}` } };
    if (error instanceof IngestError) {
      const { code, message, retryAfterSeconds } = error;
      return { error: { code, message, retryAfterSeconds } };
    }
    // As HTTP answers 503: a broker delivers little more to who leaves messages unacknowledged.
    if (error instanceof DatabaseError && (error.retryable || error.code === 'outcome-unknown'))
      return {
        error: { code: 'unavailable', message: 'the database does not answer', retryAfterSeconds: 1 },
      };
    throw error;
  }
};
