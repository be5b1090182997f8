import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type Socket, createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { Aedes, type Client, type ConnectPacket, type PublishPacket, type Subscription } from 'aedes';
import type { PortChoice } from '../../config.ts';
import type { Logger } from '../logger/logger.ts';
import { listenOnLoopback } from '../net/listen.ts';
import { createMessageBudget, guardConnection } from './guarded-connection.ts';
import {
  type MessagingPart,
  type MessagingService,
  addressOf,
  answersFilter,
  answerTopic,
  isAnswerFilter,
} from './messaging.ts';

/** Why the broker ends a device's connection. */
class RefusedMessageError extends Error {
  readonly code: 'topic-not-open' | 'message-too-large' | 'qos-not-supported' | 'answers-unread';
  constructor(code: RefusedMessageError['code']) {
    super(code);
    this.name = 'RefusedMessageError';
    this.code = code;
  }
}

const CONNECTIONS = 4_096;
const CONNECT_WITHIN_MS = 10_000;
const SUBSCRIPTIONS_PER_CONNECTION = 16;
/** Messages that are being received, all connections together; as much as ingest holds at once. */
const BYTES_UNDER_WAY = 268_435_456;
/** Answers that a connection has not read. */
const UNREAD_BYTES = 1_048_576;
/** A connection without a word for half as long again is taken for gone, whatever it asked for. */
const KEEP_ALIVE_S = 1_200;

/**
 * What a client may ask of its connection. Its name means nothing here, and it gets one of its own: whoever took that of
 * another would throw it out (MQTT-3.1.4-2). No session is kept, and no will, which nobody could read.
 */
const admit = (packet: ConnectPacket): void => {
  packet.clientId = randomBytes(16).toString('base64url');
  packet.clean = true;
  delete packet.will;
  const asked = packet.keepalive ?? 0;
  packet.keepalive = asked === 0 ? KEEP_ALIVE_S : Math.min(asked, KEEP_ALIVE_S);
};

const toBytes = (payload: PublishPacket['payload']): Uint8Array =>
  typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;

/**
 * Starts the embedded MQTT 3.1.1 broker on loopback. It relays nothing: a device publishes to the topics the service takes,
 * and the answer goes to the connection that asked, where it is subscribed to it, and to no other.
 *
 * A message is handed over before it is acknowledged; when that fails the connection ends instead,
 * and the device sends it again, as QoS 1 has it.
 *
 * @throws PortBusyError
 * @example
 * const broker = await startBroker({ port: { kind: 'preferred', port: 1883 }, maxMessageBytes, logger });
 */
export const startBroker = async (options: {
  readonly port: PortChoice;
  readonly maxMessageBytes: number;
  readonly logger: Logger;
}): Promise<MessagingPart> => {
  const { maxMessageBytes, logger } = options;
  const services: MessagingService[] = [];
  const running = new Set<Promise<void>>();
  /** Filters of each connection, with the QoS it asked for. */
  const filters = new WeakMap<Client, Map<string, number>>();

  const answer = (client: Client, filter: string, topic: string, payload: string): void => {
    const of = filters.get(client);
    const asked = of?.get(topic) ?? of?.get(filter);
    if (asked === undefined || client.closed) return;
    if (client.conn.writableLength > UNREAD_BYTES) {
      client.conn.destroy(new RefusedMessageError('answers-unread'));
      return;
    }
    const qos = asked === 0 ? 0 : 1;
    client.publish({ cmd: 'publish', topic, payload, qos, retain: false, dup: false }, (error) => {
      if (error) logger.debug({ err: error, client: client.id }, 'an answer was not delivered');
    });
  };

  const take = async (client: Client, packet: PublishPacket): Promise<void> => {
    const payload = toBytes(packet.payload);
    if (packet.qos === 2) throw new RefusedMessageError('qos-not-supported');
    if (payload.length > maxMessageBytes) throw new RefusedMessageError('message-too-large');
    for (const { requests, answers, handle } of services) {
      const address = addressOf(requests, packet.topic);
      if (address === undefined) continue;
      const text = await handle(payload);
      answer(client, answersFilter(answers, address.author), answerTopic(answers, address), text);
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
    // Nothing is kept for who subscribes later.
    packet.retain = false;
    const taking = take(client, packet).then(
      () => done(null),
      (error: unknown) => {
        logger.warn({ err: error, client: client.id, topic: packet.topic }, 'a message was not taken');
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
    running.add(taking);
    void taking.finally(() => running.delete(taking));
  };

  const authorizeSubscribe = (
    client: Client,
    subscription: Subscription,
    done: (error: Error | null, subscription?: Subscription | null) => void,
  ): void => {
    const { topic, qos } = subscription;
    if (!services.some(({ answers }) => isAnswerFilter(answers, topic))) {
      done(null, null);
      return;
    }
    const own = filters.get(client) ?? new Map<string, number>();
    if (own.size >= SUBSCRIPTIONS_PER_CONNECTION && !own.has(topic)) {
      done(null, null);
      return;
    }
    filters.set(client, own.set(topic, qos));
    done(null, subscription);
  };

  const broker = new Aedes({
    authorizePublish,
    authorizeSubscribe,
    connectTimeout: CONNECT_WITHIN_MS,
    preConnect: (_client, packet, done) => {
      admit(packet);
      done(null, true);
    },
  });
  await broker.listen();
  broker.on('unsubscribe', (topics, client) => {
    for (const topic of topics) filters.get(client)?.delete(topic);
  });
  broker.on('clientError', (client, error) =>
    logger.debug({ err: error, client: client.id }, 'an MQTT client failed'),
  );
  broker.on('connectionError', (_client, error) => logger.debug({ err: error }, 'an MQTT connection failed'));
  const budget = createMessageBudget(BYTES_UNDER_WAY);
  const connections = new Set<Duplex>();
  const server = createServer((socket: Socket) => {
    const connection = guardConnection(socket, { maxMessageBytes, budget });
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
    broker.handle(connection);
  });
  server.maxConnections = CONNECTIONS;
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
    serve: async (service) => {
      services.push(service);
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      await Promise.all(running);
      await closeBroker();
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
};
