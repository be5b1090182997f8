import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import mqtt, { type MqttClient } from 'mqtt';
import type { Logger } from '../logger/logger.ts';
import { type MessageHandler, type MessagingPart, authorOf } from './messaging.ts';

/** Messages under way at once: each connection handles one before it acknowledges it. */
const CONNECTIONS = 8;
const GROUP = 'gridseal';
const CONNECT_TIMEOUT_MS = 15_000;

const open = (url: string, ca: Buffer | undefined, logger: Logger): Promise<MqttClient> => {
  const clientId = `gridseal-${randomUUID().slice(0, 12)}`;
  const options = {
    clientId,
    protocolVersion: 5,
    clean: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(ca === undefined ? {} : { ca }),
  } as const;
  return mqtt.connectAsync(url, options, false).then((client) => {
    client.on('error', (error) => logger.warn({ err: error }, 'the MQTT broker reported an error'));
    client.on('close', () => logger.warn('the connection to the MQTT broker was lost'));
    return client;
  });
};

const deliver = (client: MqttClient, prefix: string, handle: MessageHandler, logger: Logger): void => {
  client.handleMessage = (packet, done) => {
    const author = authorOf(prefix, packet.topic);
    const payload =
      typeof packet.payload === 'string' ? new TextEncoder().encode(packet.payload) : packet.payload;
    const taken = author === undefined ? Promise.resolve() : handle(author, payload);
    taken.then(
      () => done(),
      (error: unknown) => {
        logger.error({ err: error, topic: packet.topic }, 'a message was not taken');
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
  };
};

/**
 * Connects to an MQTT 5 broker. Messages come by a shared subscription, so that several services
 * share the work and each message is taken once.
 *
 * @throws the broker's or the network's error when the first connection fails; a later loss is
 *   repaired by connecting again
 * @example const messaging = await connectMessaging({ url: 'mqtt://broker.example:1883', logger });
 */
export const connectMessaging = async (options: {
  readonly url: string;
  /** Certificate authority of the broker (PEM); those of the system without it. */
  readonly caFile?: string | undefined;
  readonly logger: Logger;
}): Promise<MessagingPart> => {
  const { url, caFile, logger } = options;
  const ca = caFile === undefined ? undefined : await readFile(caFile);
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(url, ca, logger)));
  // Of its own: a connection that handles a message reads nothing more, not even that its answer arrived.
  const publisher = await open(url, ca, logger);
  const all = [...clients, publisher];
  return {
    url: withoutPassword(url),
    figures: () => ({ connected: all.filter((client) => client.connected).length }),
    subscribe: async (prefix, handle) => {
      for (const client of clients) {
        deliver(client, prefix, handle, logger);
        await client.subscribeAsync(`$share/${GROUP}/${prefix}/+`, { qos: 1 });
      }
    },
    publish: async (topic, payload) => {
      await publisher.publishAsync(topic, payload, { qos: 1 });
    },
    stop: async () => {
      for (const client of all) client.removeAllListeners('close');
      await Promise.all(all.map((client) => client.endAsync()));
    },
  };
};

const withoutPassword = (url: string): string => {
  const parsed = new URL(url);
  parsed.password = '';
  parsed.username = '';
  return parsed.href;
};
