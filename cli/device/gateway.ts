import { randomBytes } from 'node:crypto';
import type { Profile } from '@gridseal/protocol';
import { createGridsealClient, SdkError } from '@gridseal/sdk';
import { hashOfProfile } from '../../edge/gateway/enrol.ts';
import { forwardOverHttp, forwardOverMqtt, type MqttForward } from '../../edge/gateway/forward.ts';
import type { HeldKey } from '../../edge/gateway/key-file.ts';
import { operatorIn } from '../../edge/gateway/pinned-trust.ts';
import { openReceiptFile } from '../../edge/gateway/receipt-file.ts';
import { refuseReplaced } from '../../edge/gateway/replaced-key.ts';
import { createReporter, type Reporter } from '../../edge/gateway/reporter.ts';
import { openSignedBatches, type SignedBatches } from '../../edge/gateway/signed-batches.ts';
import { openTally, type Tally } from '../../edge/gateway/tally.ts';
import { openStation, type Delivery, type Station } from '../../edge/gateway/station.ts';
import type { ReportRule } from '../../edge/reduction/report-on-change.ts';
import type { Hold } from '../../edge/spool/holder.ts';
import { readNamedFile } from '../read-file.ts';
import { UsageError } from '../usage-error.ts';
import { holdKey } from './held-key.ts';
import { trustOfKey } from './trust.ts';

/** What `device send` and `device run` have in common. */
export type GatewayFlags = {
  readonly url: string;
  readonly spool?: string;
  readonly mqtt?: string;
  readonly mqttCa?: string;
  readonly receipts?: string;
  readonly trust?: string;
};

/** What became of deliveries, in words. */
export type Kept = {
  readonly receipts: number;
  /** Why the service refused batches for good: they are set aside. */
  readonly refused: readonly string[];
  /** Why batches are not taken yet: they are sent again. */
  readonly waiting: readonly string[];
};

const reasons = (deliveries: readonly Delivery[], retryable: boolean): readonly string[] =>
  deliveries.flatMap((one) =>
    one.status === 'refused' && one.retryable === retryable ? [`${one.code}: ${one.message}`] : [],
  );

/** A station of the command line, its files beside the key. */
export type Gateway = {
  readonly folder: string;
  readonly receiptFile: string;
  readonly station: Station;
  readonly reporter: Reporter;
  readonly signed: SignedBatches;
  /** Saved with every delivery, and when the gateway is closed. */
  readonly tally: Tally;
  /** Makes the receipts among deliveries durable, and says what became of the others. */
  readonly keep: (deliveries: readonly Delivery[]) => Promise<Kept>;
  readonly close: () => Promise<void>;
};

/** A certificate authority from a file, or none. */
export const authorityOf = async (file: string | undefined): Promise<{ readonly ca?: string }> =>
  file === undefined ? {} : { ca: new TextDecoder().decode(await readNamedFile(file)) };

/** Says of a broker's refusal what it is about. */
export const reachBroker = async <T>(connecting: Promise<T>): Promise<T> => {
  try {
    return await connecting;
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : String(cause);
    throw new SdkError('unreachable', `the broker did not let us in: ${because}`, { retryable: true, cause });
  }
};

/**
 * Opens the gateway of a key file.
 *
 * @throws UsageError; InUseError when another process uses the key or the spool; SdkError `unreachable`; SpoolError
 */
export const openGateway = async (
  keyFile: string,
  { key, identity }: HeldKey,
  profile: Profile,
  rule: ReportRule | undefined,
  flags: GatewayFlags,
): Promise<Gateway> => {
  const folder = flags.spool ?? `${keyFile}.spool`;
  const hold = await holdKey(keyFile, folder);
  try {
    return await openHeld(keyFile, folder, { key, identity }, profile, rule, flags, hold);
  } catch (error) {
    hold.release();
    throw error;
  }
};

const openHeld = async (
  keyFile: string,
  folder: string,
  { key, identity }: HeldKey,
  profile: Profile,
  rule: ReportRule | undefined,
  flags: GatewayFlags,
  hold: Hold,
): Promise<Gateway> => {
  await refuseReplaced(keyFile);
  const client = createGridsealClient({ url: flags.url });
  const trust = await trustOfKey(keyFile, flags.trust, client);
  const trusted = operatorIn(trust);
  if (trusted === undefined) throw new UsageError(`the trust of ${keyFile} names no log`);
  const overMqtt: MqttForward | undefined =
    flags.mqtt === undefined
      ? undefined
      : await reachBroker(
          forwardOverMqtt({
            url: flags.mqtt,
            author: identity,
            ...(await authorityOf(flags.mqttCa)),
          }),
        );
  const receiptFile = flags.receipts ?? `${keyFile}.receipts.jsonl`;
  const randomKey = (): Uint8Array => new Uint8Array(randomBytes(32));
  try {
    const station = await openStation({
      key,
      identity,
      ...trusted,
      profile: hashOfProfile(profile),
      folder,
      forward: overMqtt?.forward ?? forwardOverHttp(client),
      now: Date.now,
      randomKey,
    });
    const signed = await openSignedBatches(folder, station.next(), station.isRefused);
    const receipts = await openReceiptFile(receiptFile);
    const tally = await openTally(folder, Date.now);
    return {
      folder,
      receiptFile,
      station,
      reporter: createReporter({ station, rule, folder, randomKey }),
      signed,
      tally,
      keep: async (deliveries) => {
        const given = deliveries.flatMap((one) => (one.status === 'refused' ? [] : [one.receipt]));
        await receipts.append(given);
        const refused = reasons(deliveries, false);
        for (const reason of refused) tally.note('refused', reason);
        await tally.save();
        return {
          receipts: given.length,
          refused,
          waiting: reasons(deliveries, true),
        };
      },
      close: async () => {
        try {
          await tally.save();
          await receipts.close();
          await overMqtt?.close();
        } finally {
          hold.release();
        }
      },
    };
  } catch (error) {
    await overMqtt?.close();
    throw error;
  }
};
