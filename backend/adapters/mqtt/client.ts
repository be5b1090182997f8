import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import mqtt, { type MqttClient } from 'mqtt';
import type { Logger } from '../logger/logger.ts';
import { type MessagingPart, type MessagingService, addressOf, answerTopic } from './messaging.ts';

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

const answerRequests = (
  client: MqttClient,
  { requests, answers, handle }: MessagingService,
  publish: (topic: string, payload: string) => Promise<void>,
  logger: Logger,
): void => {
  client.handleMessage = (packet, done) => {
    const address = addressOf(requests, packet.topic);
    if (address === undefined) {
      logger.warn({ topic: packet.topic }, 'a message on a topic that is not of a device was passed over');
      done();
      return;
    }
    const payload =
      typeof packet.payload === 'string' ? new TextEncoder().encode(packet.payload) : packet.payload;
    handle(payload)
      .then((answer) => publish(answerTopic(answers, address), answer))
      .then(
        () => done(),
        (error: unknown) => {
          logger.error({ err: error, topic: packet.topic }, 'a message was not taken');
          done(error instanceof Error ? error : new Error(String(error)));
          // Unacknowledged, it stays with this connection for good, and a broker sends no more than some twenty of those. With
          // the connection it is forgotten; its sender, who has no answer, sends it again.
          client.stream.destroy();
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
  const all = await openAll(CONNECTIONS + 1, () => open(url, ca, logger));
  // Of its own: a connection that handles a message reads nothing more, not even that its answer arrived.
  const [publisher, ...clients] = all as [MqttClient, ...MqttClient[]];
  return {
    url: withoutPassword(url),
    figures: () => ({ connected: all.filter((client) => client.connected).length }),
    serve: async (service) => {
      const publish = async (topic: string, payload: string): Promise<void> => {
        await publisher.publishAsync(topic, payload, { qos: 1 });
      };
      const shared = `$share/${GROUP}/${service.requests}`;
      for (const client of clients) {
        answerRequests(client, service, publish, logger);
        await client.subscribeAsync([`${shared}/+`, `${shared}/+/+`], { qos: 1 });
      }
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
  parsed.search = '';
  parsed.hash = '';
  return parsed.href;
};

/** All of so many connections or none: those that were made are closed again when one of them is not. */
const openAll = async (count: number, open: () => Promise<MqttClient>): Promise<MqttClient[]> => {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, open));
  const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return made;
  for (const client of made) client.removeAllListeners('close');
  await Promise.allSettled(made.map((client) => client.endAsync(true)));
  throw failed.reason;
};

/** Codes of a network, and of a broker that is there and does not serve yet. */
const AWAY: readonly (string | number)[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  // Server unavailable, server busy, connection rate exceeded; the first of them of MQTT 3.1.1.
  3,
  136,
  137,
  159,
];

/** Why a broker could not be asked, in words without its address; `undefined` where waiting does not heal it. */
export const brokerAwayBecause = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? error.code : undefined;
  if (AWAY.includes(code as string | number)) return `does not answer (${String(code)})`;
  return /^connack timeout|^client disconnected|^Connection closed/iu.test(error.message)
    ? 'does not answer'
    : undefined;
};
