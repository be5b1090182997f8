import { once } from 'node:events';
import { type Socket, createServer } from 'node:net';
import { Aedes, type Client, type PublishPacket } from 'aedes';
import type { PortChoice } from '../../config.ts';
import type { Logger } from '../logger/logger.ts';
import { listenOnLoopback } from '../net/listen.ts';
import { type MessageHandler, type MessagingPart, authorOf } from './messaging.ts';

/** Why the broker ends a device's connection. */
class RefusedMessageError extends Error {
  readonly code: 'topic-not-open' | 'message-too-large';
  constructor(code: RefusedMessageError['code']) {
    super(code);
    this.name = 'RefusedMessageError';
    this.code = code;
  }
}

const toBytes = (payload: PublishPacket['payload']): Uint8Array =>
  typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;

/**
 * Starts the embedded MQTT 3.1.1 broker on loopback. It relays nothing between devices: they publish
 * to the topics the service takes, and read below `answers`.
 *
 * A message is handed over before it is acknowledged; when that fails the connection ends instead,
 * and the device sends it again, as QoS 1 has it.
 *
 * @throws PortBusyError
 * @example
 * const broker = await startBroker({ port: { kind: 'preferred', port: 1883 }, answers: 'gridseal/v1/results', maxMessageBytes, logger });
 */
export const startBroker = async (options: {
  readonly port: PortChoice;
  /** Prefix of the topics that devices may read. */
  readonly answers: string;
  readonly maxMessageBytes: number;
  readonly logger: Logger;
}): Promise<MessagingPart> => {
  const { answers, maxMessageBytes, logger } = options;
  const handlers = new Map<string, MessageHandler>();
  const running = new Set<Promise<void>>();

  const take = async (packet: PublishPacket): Promise<void> => {
    const payload = toBytes(packet.payload);
    if (payload.length > maxMessageBytes) throw new RefusedMessageError('message-too-large');
    for (const [prefix, handle] of handlers) {
      const author = authorOf(prefix, packet.topic);
      if (author === undefined) continue;
      await handle(author, payload);
      return;
    }
    throw new RefusedMessageError('topic-not-open');
  };

  const authorizePublish = (
    client: Client | null,
    packet: PublishPacket,
    done: (error?: Error | null) => void,
  ): void => {
    if (client === null) {
      done(null);
      return;
    }
    const taking = take(packet).then(
      () => done(null),
      (error: unknown) => {
        logger.warn({ err: error, client: client.id, topic: packet.topic }, 'a message was not taken');
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
    running.add(taking);
    void taking.finally(() => running.delete(taking));
  };

  const broker = new Aedes({
    authorizePublish,
    authorizeSubscribe: (_client, subscription, done) =>
      done(null, authorOf(answers, subscription.topic) === undefined ? null : subscription),
  });
  await broker.listen();
  broker.on('clientError', (client, error) =>
    logger.debug({ err: error, client: client.id }, 'an MQTT client failed'),
  );
  broker.on('connectionError', (_client, error) => logger.debug({ err: error }, 'an MQTT connection failed'));
  const server = createServer((socket: Socket) => {
    broker.handle(socket);
  });
  const closeBroker = () =>
    new Promise<void>((resolve) => {
      broker.close(resolve);
    });
  const port = await listenOnLoopback(server, options.port, 'MQTT_PORT').catch(async (error: unknown) => {
    await closeBroker();
    throw error;
  });
  logger.info({ port }, 'the MQTT broker listens');

  return {
    url: `mqtt://127.0.0.1:${port}`,
    figures: () => ({ connected: broker.connectedClients }),
    subscribe: async (prefix, handle) => {
      handlers.set(prefix, handle);
    },
    publish: (topic, payload) =>
      new Promise((resolve, reject) => {
        const packet = { cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false } as const;
        broker.publish(packet, (error) => (error ? reject(error) : resolve()));
      }),
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      await Promise.all(running);
      await closeBroker();
      await closed;
    },
  };
};
