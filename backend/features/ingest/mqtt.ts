import { ProtocolError } from '@gridseal/protocol/errors';
import type { Hex } from '@gridseal/protocol/bytes';
import { IngestError } from './errors.ts';
import type { Ingest } from './types.ts';
import { fromCompact, resultJson, submitReceived } from './wire.ts';

/** Topics of ingest over MQTT; the last level is the author's address, lower-case with `0x`. */
export const BATCHES_TOPIC = 'gridseal/v1/batches';
export const RESULTS_TOPIC = 'gridseal/v1/results';

/** What ingest needs of a broker. */
export type Messaging = {
  /** Calls `handle` with the author of each message's topic; the message counts as taken when it resolves. */
  readonly subscribe: (
    prefix: string,
    handle: (author: string, payload: Uint8Array) => Promise<void>,
  ) => Promise<void>;
  readonly publish: (topic: string, payload: string) => Promise<void>;
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
 * Takes batches from `gridseal/v1/batches/<author>` (the compact body of docs/spec/readings.md) and publishes an answer for
 * each message on `gridseal/v1/results/<author>`, with the results of `POST /v1/batches`.
 *
 * @example await serveMqtt({ messaging, ingest, logId, maxBatches: 1024 })
 */
export const serveMqtt = async (options: {
  readonly messaging: Messaging;
  readonly ingest: Ingest;
  readonly logId: Hex;
  readonly maxBatches: number;
}): Promise<void> => {
  const { messaging } = options;
  await messaging.subscribe(BATCHES_TOPIC, async (author, payload) => {
    const answer = await answerMessage(payload, options);
    await messaging.publish(`${RESULTS_TOPIC}/${author}`, JSON.stringify(answer));
  });
};

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
    throw error;
  }
};
