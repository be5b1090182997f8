import mqtt, { type IPublishPacket } from 'mqtt';
import type { Reading } from '@gridseal/protocol';
import type { ChainPlace } from '../spool/chain-head.ts';
import { isDiskFull } from '../spool/disk.ts';
import { openJournal } from './journal.ts';
import { ClockError, MessageError, readMessage } from './message.ts';
import type { MeterFile } from './meter-file.ts';
import type { MeterReader } from './reader.ts';

/** A meter whose readings come over a broker. */
export type MqttMeter = MeterReader & { readonly close: () => Promise<void> };

/** What a meter on a broker tells whoever runs it. */
export type MeterNotice =
  | { readonly event: 'connected' | 'disconnected' }
  /** Left out, and acknowledged: it would be the same the next time. `topic` and `payload` are what was left out. */
  | {
      readonly event: 'message refused';
      readonly reason: string;
      readonly topic: string;
      readonly payload: string;
    }
  /** Known already, the same: what a broker sends again. */
  | { readonly event: 'repeated' }
  /** Kept, though its channel had a later one before. */
  | { readonly event: 'late'; readonly reading: Reading }
  /** Left out: its channel has another value of that time, which came first. */
  | { readonly event: 'conflicting'; readonly reading: Reading }
  /** Kept, and signed when its time has come. */
  | { readonly event: 'ahead'; readonly reading: Reading }
  /** Not taken and not acknowledged: the broker is to send it again. */
  | { readonly event: 'not taken'; readonly reason: string };

/** How far a meter's clock may be ahead of this machine's before it is told. */
const MAX_AHEAD_MS = 60_000n;

const RECONNECT_MS = 2_000;

/**
 * Subscribes to a meter's topics with QoS 1 and a session that the broker keeps. A message is acknowledged when its reading
 * is on disk, so none is lost between the broker and a signed batch; what the broker sends again is told by channel and time.
 * A reading that cannot be written, as on a full disk, is not acknowledged: the connection is closed, and the broker sends it
 * again on the next one. Retained messages say when they were published only where they name a time: without one they are passed over.
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
  /** Awaited before the message that it is about is acknowledged. */
  readonly notice: (notice: MeterNotice) => void | Promise<void>;
}): Promise<MqttMeter> => {
  const { url, ca, meter, clientId, now, notice } = options;
  const journal = await openJournal(options.folder, options.next);
  const channels = Map.groupBy(meter.channels, ({ topic }) => topic);

  const readingsIn = async ({ topic, payload, retain }: IPublishPacket): Promise<readonly Reading[]> => {
    const text = payload.toString('utf8');
    const readings: Reading[] = [];
    for (const channel of channels.get(topic) ?? []) {
      if (retain && channel.time === undefined) continue;
      try {
        readings.push(readMessage(channel, text, now()));
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
        await notice({ event: 'message refused', reason: error.message, topic, payload: text });
      }
    }
    return readings;
  };
  const withoutTime = new Set(
    meter.channels.filter(({ time }) => time === undefined).map(({ channel }) => channel),
  );

  const take = async (packet: IPublishPacket): Promise<void> => {
    let readings = await readingsIn(packet);
    while (readings.length > 0) {
      const taken = await journal.append(readings);
      const again: Reading[] = [];
      for (const [i, reading] of readings.entries()) {
        const became = taken[i];
        // Two messages of one millisecond are two: arrival is no time of theirs.
        if (withoutTime.has(reading.channel) && (became === 'repeated' || became === 'conflicting'))
          again.push({ ...reading, timeMs: reading.timeMs + 1n });
        else if (became === 'repeated') await notice({ event: 'repeated' });
        else if (became === 'conflicting' || became === 'late') await notice({ event: became, reading });
        if (became !== 'repeated' && reading.timeMs > BigInt(now()) + MAX_AHEAD_MS)
          await notice({ event: 'ahead', reading });
      }
      readings = again;
    }
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
        const failed = error instanceof Error ? error : new Error(String(error));
        if (!isDiskFull(error) && !(error instanceof ClockError)) failure ??= failed;
        const reason = isDiskFull(error) ? 'the disk is full' : failed.message;
        void notice({ event: 'not taken', reason });
        done(failed);
        // What was not acknowledged comes again with the next connection.
        client.stream.destroy();
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
  await notice({ event: 'connected' });
  client.on('connect', () => void notice({ event: 'connected' }));
  client.on('close', () => void notice({ event: 'disconnected' }));
  client.on('error', (error) => void notice({ event: 'not taken', reason: error.message }));

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
