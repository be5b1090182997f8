import { randomBytes } from 'node:crypto';
import { domainOf, fromHex, type Domain, type Profile } from '@gridseal/protocol';
import { createGridsealClient, getTrust, SdkError, type GridsealClient } from '@gridseal/sdk';
import { hashOfProfile } from '../../edge/gateway/enrol.ts';
import { forwardOverHttp, forwardOverMqtt, type MqttForward } from '../../edge/gateway/forward.ts';
import type { HeldKey } from '../../edge/gateway/key-file.ts';
import { openReceiptFile } from '../../edge/gateway/receipt-file.ts';
import { createReporter, type Reporter } from '../../edge/gateway/reporter.ts';
import { openSignedBatches, type SignedBatches } from '../../edge/gateway/signed-batches.ts';
import { openStation, type Delivery, type Station } from '../../edge/gateway/station.ts';
import type { ReportRule } from '../../edge/reduction/report-on-change.ts';
import { readNamedFile } from '../read-file.ts';
import { UsageError } from '../usage-error.ts';

/** What `device send` and `device run` have in common. */
export type GatewayFlags = {
  readonly url: string;
  readonly spool?: string;
  readonly mqtt?: string;
  readonly mqttCa?: string;
  readonly receipts?: string;
};

/** A station of the command line, its files beside the key. */
export type Gateway = {
  readonly folder: string;
  readonly receiptFile: string;
  readonly station: Station;
  readonly reporter: Reporter;
  readonly signed: SignedBatches;
  /** Makes the receipts among deliveries durable. @returns why the service refused the others */
  readonly keep: (deliveries: readonly Delivery[]) => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};

const domainOfService = async (client: GridsealClient, url: string): Promise<Domain> => {
  const { chainId, evidenceLog, logs } = await getTrust(client);
  const [log] = logs;
  if (log === undefined) throw new UsageError(`${url} serves no log`);
  return domainOf({
    chainId: BigInt(chainId),
    evidenceLog: fromHex(evidenceLog.address),
    logId: fromHex(log.logId),
  });
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
 * @throws UsageError; SdkError `unreachable`; SpoolError
 */
export const openGateway = async (
  keyFile: string,
  { key, identity }: HeldKey,
  profile: Profile,
  rule: ReportRule | undefined,
  flags: GatewayFlags,
): Promise<Gateway> => {
  const client = createGridsealClient({ url: flags.url });
  const domain = await domainOfService(client, flags.url);
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
  const folder = flags.spool ?? `${keyFile}.spool`;
  const receiptFile = flags.receipts ?? `${keyFile}.receipts.jsonl`;
  const randomKey = (): Uint8Array => new Uint8Array(randomBytes(32));
  try {
    const station = await openStation({
      key,
      identity,
      domain,
      profile: hashOfProfile(profile),
      folder,
      forward: overMqtt?.forward ?? forwardOverHttp(client),
      now: Date.now,
      randomKey,
    });
    const signed = await openSignedBatches(folder, station.next());
    const receipts = await openReceiptFile(receiptFile);
    return {
      folder,
      receiptFile,
      station,
      reporter: createReporter({ station, rule, folder, randomKey }),
      signed,
      keep: async (deliveries) => {
        await receipts.append(deliveries.flatMap((one) => (one.status === 'refused' ? [] : [one.receipt])));
        return deliveries.flatMap((one) => (one.status === 'refused' ? [`${one.code}: ${one.message}`] : []));
      },
      close: async () => {
        await receipts.close();
        await overMqtt?.close();
      },
    };
  } catch (error) {
    await overMqtt?.close();
    throw error;
  }
};
