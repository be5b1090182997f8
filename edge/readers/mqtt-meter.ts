import mqtt, { type IPublishPacket } from 'mqtt';
import type { Reading } from '@gridseal/protocol';
import type { ChainPlace } from '../spool/chain-head.ts';
import { openJournal } from './journal.ts';
import { MessageError, readMessage } from './message.ts';
import type { MeterFile } from './meter-file.ts';
import type { MeterReader } from './reader.ts';

/** A meter whose readings come over a broker. */
export type MqttMeter = MeterReader & { readonly close: () => Promise<void> };

/** What a meter on a broker tells whoever runs it. */
export type MeterNotice =
  | { readonly event: 'connected' | 'disconnected' }
  | { readonly event: 'message refused'; readonly reason: string };

const RECONNECT_MS = 2_000;

/**
 * Subscribes to a meter's topics with QoS 1 and a session that the broker keeps. A message is acknowledged when its reading
 * is on disk, so none is lost between the broker and a signed batch; what the broker sends again is told by its time.
 * When a reading cannot be written, `read` fails with the reason. Retained messages say when they were published only where they name a time: without one they are passed over.
 *
 * @param url `mqtt://` or `mqtts://`, with user and password where the broker asks for them
 * @param ca certificate authority of the broker, PEM; the system's ones without it
 * @param next the number that the station signs next
 * @param clientId names the session; one gateway uses it at a time
 * @throws the broker's or the network's error when it cannot be reached the first time; later it is tried again
 * @example const meter = await openMqttMeter({ url, meter, folder, next: station.next(), clientId: 'gridseal-0x…', now: Date.now, notice })
 */
export const openMqttMeter = async (options: {
  readonly url: string;
  readonly ca?: string;
  readonly meter: MeterFile;
  readonly folder: string;
  readonly next: ChainPlace;
  readonly clientId: string;
  readonly now: () => number;
  readonly notice: (notice: MeterNotice) => void;
}): Promise<MqttMeter> => {
  const { url, ca, meter, clientId, now, notice } = options;
  const journal = await openJournal(options.folder, options.next);
  const channels = Map.groupBy(meter.channels, ({ topic }) => topic);

  const take = async ({ topic, payload, retain }: IPublishPacket): Promise<void> => {
    const readings: Reading[] = [];
    for (const channel of channels.get(topic) ?? []) {
      if (retain && channel.time === undefined) continue;
      try {
        readings.push(readMessage(channel, payload.toString('utf8'), now()));
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
        notice({ event: 'message refused', reason: error.message });
      }
    }
    await journal.append(readings);
  };

  let failure: Error | undefined;
  const client = mqtt.connect(url, {
    protocolVersion: 4,
    clean: false,
    clientId,
    reconnectPeriod: RECONNECT_MS,
    ...(ca === undefined ? {} : { ca }),
  });
  // Called before the message is acknowledged, one after the other.
  client.handleMessage = (packet, done) => {
    take(packet).then(
      () => done(),
      (error: unknown) => {
        failure ??= error instanceof Error ? error : new Error(String(error));
        done(failure);
      },
    );
  };
  try {
    await new Promise((resolve, reject) => {
      client.once('connect', resolve);
      client.once('error', reject);
      client.once('close', () => reject(new Error('the connection was closed')));
    });
    await client.subscribeAsync([...channels.keys()], { qos: 1 });
  } catch (error) {
    await client.endAsync(true);
    await journal.close();
    throw error;
  }
  notice({ event: 'connected' });
  client.on('connect', () => notice({ event: 'connected' }));
  client.on('close', () => notice({ event: 'disconnected' }));
  client.on('error', (error) => notice({ event: 'message refused', reason: error.message }));

  return {
    read: async ({ toMs }) => {
      if (failure !== undefined) throw failure;
      return journal.waiting().filter(({ timeMs }) => timeMs < BigInt(toMs));
    },
    willSign: journal.willSign,
    forget: journal.forget,
    close: async () => {
      await client.endAsync();
      await journal.close();
    },
  };
};
