import {
  decodeAuthorPart,
  digest as digestOf,
  encodeIngestBody,
  toHex,
  type Domain,
  type Hex,
} from '@gridseal/protocol';
import { SdkError, submitBatches, type GridsealClient } from '@gridseal/sdk';
import mqtt from 'mqtt';
import type { Delivery, Forward } from './station.ts';

/** Sends batches over HTTP. */
export const forwardOverHttp =
  (client: GridsealClient): Forward =>
  (items) =>
    submitBatches(client, { items });

/** A way over a broker, which has to be closed. */
export type MqttForward = { readonly forward: Forward; readonly close: () => Promise<void> };

const ANSWER_WITHIN_MS = 30_000;

/** What the service publishes for a message: a result for each batch, or why it took none. */
type Answer = {
  readonly results?: readonly (Delivery & { readonly digest: Hex | null })[];
  readonly error?: { readonly code: string; readonly message: string };
};

/**
 * Sends batches over an MQTT broker: a message at a time, its answer told from others by the batches' digests.
 *
 * @param url `mqtt://` or `mqtts://`, with user and password where the broker asks for them
 * @param ca certificate authority of the broker, PEM; the system's ones without it
 * @throws the broker's or the network's error when it cannot be reached
 * @example const { forward, close } = await forwardOverMqtt({ url, author, domain })
 */
export const forwardOverMqtt = async (options: {
  readonly url: string;
  readonly ca?: string;
  readonly author: Uint8Array;
  readonly domain: Domain;
  readonly answerWithinMs?: number;
}): Promise<MqttForward> => {
  const author = toHex(options.author);
  // MQTT 3.1.1: the broker in the service speaks no other, and every other one speaks it too.
  const connection = { protocolVersion: 4, ...(options.ca === undefined ? {} : { ca: options.ca }) } as const;
  const client = await mqtt.connectAsync(options.url, connection, false);
  await client.subscribeAsync(`gridseal/v1/results/${author}`, { qos: 1 });
  let awaited: ((answer: Answer) => void) | undefined;
  client.on('message', (_topic, payload) => {
    awaited?.(JSON.parse(payload.toString('utf8')) as Answer);
  });

  const answerTo = (digests: readonly Hex[]): Promise<readonly Delivery[]> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new SdkError('unreachable', 'no answer came over the broker', { retryable: true }));
      }, options.answerWithinMs ?? ANSWER_WITHIN_MS);
      awaited = ({ results, error }) => {
        if (error !== undefined) {
          clearTimeout(late);
          const retryable = error.code === 'overloaded' || error.code === 'closed';
          reject(new SdkError('refused', `${error.code}: ${error.message}`, { retryable }));
          return;
        }
        const found = digests.map((digest) => results?.find((result) => result.digest === digest));
        // An answer to a message that was given up: its batches were sent again.
        if (results?.length !== digests.length || found.includes(undefined)) return;
        clearTimeout(late);
        resolve(found.filter((result) => result !== undefined));
      };
    });

  return {
    forward: async (items) => {
      const digests = items.map(({ authorPart }) =>
        toHex(digestOf(decodeAuthorPart(authorPart), options.domain)),
      );
      const answer = answerTo(digests);
      const body = Buffer.from(encodeIngestBody(items));
      await Promise.all([client.publishAsync(`gridseal/v1/batches/${author}`, body, { qos: 1 }), answer]);
      return answer;
    },
    close: () => client.endAsync(),
  };
};
