import { randomBytes } from 'node:crypto';
import { encodeIngestBody, toHex, type IngestItem } from '@gridseal/protocol';
import { SdkError, submitBatches, type BatchResult, type GridsealClient } from '@gridseal/sdk';
import mqtt from 'mqtt';
import { readAnswer } from './mqtt-answer.ts';
import type { Forward } from './station.ts';

/** Sends batches over HTTP. */
export const forwardOverHttp =
  (client: GridsealClient): Forward =>
  (items) =>
    submitBatches(client, { items });

/** A way over a broker, which has to be closed. */
export type MqttForward = { readonly forward: Forward; readonly close: () => Promise<void> };

const ANSWER_WITHIN_MS = 30_000;

/** A request that waits for its answer. */
type Awaited = { readonly topic: string; readonly take: (payload: Uint8Array) => void };

/**
 * Sends batches over an MQTT broker, a message at a time. Each names a value that nobody can guess in its topic, and only what
 * comes on the topic of that value is its answer: anyone may publish on others. Whatever comes, the way stays open.
 *
 * @param url `mqtt://` or `mqtts://`, with user and password where the broker asks for them
 * @param ca certificate authority of the broker, PEM; the system's ones without it
 * @throws the broker's or the network's error when it cannot be reached
 * @example const { forward, close } = await forwardOverMqtt({ url, author })
 */
export const forwardOverMqtt = async (options: {
  readonly url: string;
  readonly ca?: string;
  readonly author: Uint8Array;
  readonly answerWithinMs?: number;
}): Promise<MqttForward> => {
  const author = toHex(options.author);
  // MQTT 3.1.1: the broker in the service speaks no other, and every other one speaks it too.
  const connection = { protocolVersion: 4, ...(options.ca === undefined ? {} : { ca: options.ca }) } as const;
  const client = await mqtt.connectAsync(options.url, connection, false);
  let lastFailure = '';
  // It connects again by itself; without a listener the process would end.
  client.on('error', ({ message }) => {
    lastFailure = message;
  });
  let awaited: Awaited | undefined;
  client.on('message', (topic, payload) => {
    if (topic === awaited?.topic) awaited.take(payload);
  });
  await client.subscribeAsync(`gridseal/v1/results/${author}/+`, { qos: 1 });

  const unreachable = (what: string): SdkError =>
    new SdkError('unreachable', lastFailure === '' ? what : `${what}: ${lastFailure}`, { retryable: true });

  const ask = (items: readonly IngestItem[]): Promise<readonly BatchResult[]> => {
    const correlation = randomBytes(16).toString('base64url');
    const asked = Promise.withResolvers<readonly BatchResult[]>();
    const topic = `gridseal/v1/results/${author}/${correlation}`;
    awaited = {
      topic,
      take: (payload) => {
        try {
          asked.resolve(readAnswer(payload));
        } catch (error) {
          asked.reject(error);
        }
      },
    };
    const body = Buffer.from(encodeIngestBody(items));
    client.publish(`gridseal/v1/batches/${author}/${correlation}`, body, { qos: 1 }, (error) => {
      if (error) asked.reject(unreachable(`the broker did not take the batches: ${error.message}`));
    });
    const sent = client.getLastMessageId();
    const late = setTimeout(() => {
      asked.reject(unreachable('no answer came over the broker'));
      // It is asked anew: what was not taken is not kept to be sent beside it.
      client.removeOutgoingMessage(sent);
    }, options.answerWithinMs ?? ANSWER_WITHIN_MS);
    return asked.promise.finally(() => {
      clearTimeout(late);
      awaited = undefined;
    });
  };

  return {
    forward: async (items) => {
      if (!client.connected) throw unreachable('there is no connection to the broker');
      lastFailure = '';
      const results = await ask(items);
      if (results.length === items.length) return results;
      const found = `${results.length} results for ${items.length} batches came over the broker`;
      throw new SdkError('unexpected-answer', found, { retryable: true });
    },
    // At once: nobody waits for what is under way.
    close: () => client.endAsync(true),
  };
};
