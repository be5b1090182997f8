import { randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  domainOf,
  fromHex,
  toHex,
  type Domain,
  type Hex,
  type Profile,
  type Reading,
} from '@gridseal/protocol';
import { createGridsealClient, getTrust, SdkError, type GridsealClient } from '@gridseal/sdk';
import { asProfile, hashOfProfile } from '../../edge/gateway/enrol.ts';
import { forwardOverHttp, forwardOverMqtt, type MqttForward } from '../../edge/gateway/forward.ts';
import { openStation } from '../../edge/gateway/station.ts';
import { batchesOf } from '../../edge/readers/batches.ts';
import { readTelemetryFile } from '../../edge/readers/csv.ts';
import { parseDeadBand } from '../../edge/reduction/dead-band.ts';
import { reportOnChange, type ReductionFigures } from '../../edge/reduction/report-on-change.ts';
import { heldKey, startOf } from '../device/held-key.ts';
import { EXIT } from '../exit-codes.ts';
import { readNamedFile } from '../read-file.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

type SendFlags = {
  readonly url: string;
  readonly json?: boolean;
  readonly start?: string;
  readonly hours: string;
  readonly spool?: string;
  readonly deadBand?: string;
  readonly heartbeat: string;
  readonly mqtt?: string;
  readonly mqttCa?: string;
  readonly receipts?: string;
};

type Reduced = { readonly readings: readonly Reading[]; readonly figures: ReductionFigures | undefined };

const reduce = (readings: readonly Reading[], profile: Profile, flags: SendFlags): Reduced => {
  if (flags.deadBand === undefined) return { readings, figures: undefined };
  const deadBandOf = parseDeadBand(flags.deadBand, profile);
  if (deadBandOf === undefined)
    throw new UsageError(`--dead-band ${flags.deadBand}: expected a share, as 1.5%, or an amount, as 0.25`);
  const heartbeatMs = 1_000 * Number(flags.heartbeat);
  if (!(heartbeatMs > 0)) throw new UsageError(`--heartbeat ${flags.heartbeat}: expected seconds above 0`);
  const { kept, figures } = reportOnChange(readings, { deadBandOf, heartbeatMs });
  return { readings: kept, figures };
};

const printFigures = (
  terminal: Terminal,
  { read, kept, ratio, channels }: ReductionFigures,
  profile: Profile,
) => {
  terminal.line(
    `${kept} of ${read} readings are sent (reduction ${ratio.toFixed(2)} to 1). Whoever holds each value`,
  );
  terminal.line('until the next one is off by at most:');
  for (const { channel, maxError, rmsError } of channels) {
    const { quantity, unit, scale } = profile.channels.find((each) => each.channel === channel)!;
    const inUnit = (amount: number): string => `${Number((amount * 10 ** scale).toPrecision(6))} ${unit}`;
    terminal.line(`  ${quantity}: ${inUnit(Number(maxError))} (root mean square ${inUnit(rmsError)})`);
  }
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

const openMqtt = async (
  { mqtt, mqttCa }: SendFlags,
  author: Uint8Array,
  domain: Domain,
): Promise<MqttForward | undefined> => {
  if (mqtt === undefined) return undefined;
  const ca = mqttCa === undefined ? {} : { ca: new TextDecoder().decode(await readNamedFile(mqttCa)) };
  try {
    return await forwardOverMqtt({ url: mqtt, author, domain, ...ca });
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : String(cause);
    throw new SdkError('unreachable', `the broker did not let us in: ${because}`, { retryable: true, cause });
  }
};

const send = async (file: string, csv: string, flags: SendFlags): Promise<void> => {
  const terminal = createTerminal(flags.json === true);
  const { key, identity } = await heldKey(file);
  const telemetry = await readTelemetryFile(csv, startOf(flags.start));
  const profile = asProfile(telemetry.profile);
  const { readings, figures } = reduce(telemetry.readings, profile, flags);
  const batches = batchesOf(readings, Number(flags.hours) * 3_600_000);
  const client = createGridsealClient({ url: flags.url });
  const domain = await domainOfService(client, flags.url);
  const overMqtt = await openMqtt(flags, identity, domain);
  const digests: Hex[] = [];
  const refused: string[] = [];
  const receipts = flags.receipts ?? `${file}.receipts.jsonl`;
  try {
    const station = await openStation({
      key,
      identity,
      domain,
      profile: hashOfProfile(profile),
      folder: flags.spool ?? `${file}.spool`,
      forward: overMqtt?.forward ?? forwardOverHttp(client),
      now: Date.now,
      randomKey: () => new Uint8Array(randomBytes(32)),
    });
    const bar = terminal.progress('batches', batches.length);
    for (const batch of batches) {
      digests.push(await station.report(batch));
      for (const one of await station.flush()) {
        if (one.status === 'refused') refused.push(`${one.code}: ${one.message}`);
        else await appendFile(receipts, `${JSON.stringify(one.receipt)}\n`);
      }
      bar.advance();
    }
    bar.done();
  } finally {
    await overMqtt?.close();
  }
  const { layout, rows, emptyCells } = telemetry;
  terminal.line(`${readings.length} readings of ${rows} rows (${layout}) in ${digests.length} batches.`);
  if (emptyCells > 0) terminal.line(`${emptyCells} empty cells were left out.`);
  if (figures !== undefined) printFigures(terminal, figures, profile);
  for (const reason of new Set(refused)) terminal.error(`refused: ${reason}`);
  terminal.line(`Last digest ${digests.at(-1) ?? 'none'}`);
  terminal.line(`Receipts in ${receipts}: keep them (gridseal promise --help).`);
  terminal.result({
    readings: readings.length,
    digests,
    refused,
    author: toHex(identity),
    ...(figures === undefined ? {} : { reduction: figures }),
  });
  if (refused.length > 0) process.exitCode = EXIT.failed;
};

/** `gridseal device send`. */
export const addSendCommand = (device: Command): void => {
  device
    .command('send')
    .argument('<key file>')
    .argument('<csv>')
    .description('Sign the readings of a file and send them; what is signed and not receipted waits on disk.')
    .option('--start <time>', 'time of the first row, where the file names none')
    .option('--hours <n>', 'hours of telemetry in a batch', '1')
    .option('--spool <folder>', 'where batches wait (default: beside the key)')
    .option(
      '--dead-band <band>',
      'send on change: a share (1.5%) or an amount in the unit of each channel (0.25)',
    )
    .option('--heartbeat <seconds>', 'with --dead-band: the longest that a channel is silent', '3600')
    .option('--mqtt <url>', 'send over this broker instead of HTTP')
    .option('--receipts <file>', 'where receipts are kept, a line each (default: beside the key)')
    .option('--mqtt-ca <file>', 'certificate authority of the broker (PEM)')
    .action((file: string, csv: string, _f: unknown, command: Command) =>
      send(file, csv, command.optsWithGlobals<SendFlags>()),
    );
};
