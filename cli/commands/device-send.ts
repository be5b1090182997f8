import { join } from 'node:path';
import type { Command } from 'commander';
import { toHex, type Hex } from '@gridseal/protocol';
import { createGridsealClient, SdkError } from '@gridseal/sdk';
import { ensureEnrolledProfile } from '../../edge/gateway/enrolled-profile.ts';
import { withKeptOptions } from '../../edge/gateway/file-habits.ts';
import { batchesOf, stretchesOf } from '../../edge/readers/batches.ts';
import { fileReadings } from '../../edge/readers/file-readings.ts';
import { createLeftOutFile } from '../../edge/readers/left-out-file.ts';
import { checkWithProgress, requireSendable } from '../device/check-with-progress.ts';
import { openGateway, type GatewayFlags } from '../device/gateway.ts';
import { fileOptionsOf, withFileFlags, type FileFlags } from '../device/file-flags.ts';
import { heldKey } from '../device/held-key.ts';
import { printFigures, ruleOf, type ReductionFlags } from '../device/reduction.ts';
import { EXIT } from '../exit-codes.ts';
import { createTerminal, type Progress } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

type SendFlags = FileFlags &
  GatewayFlags &
  ReductionFlags & {
    readonly json?: boolean;
    readonly hours: string;
    readonly again?: boolean;
  };

const hoursOf = (text: string): number => {
  const hours = Number(text);
  if (hours > 0 && hours <= 8_784) return hours;
  throw new UsageError(`--hours ${text}: expected hours above 0, at most 8784`);
};

const waitText = (count: number): string =>
  count === 1
    ? '1 batch waits: the next `device send` or `device run` sends it'
    : `${count} batches wait: the next \`device send\` or \`device run\` sends them`;

const send = async (file: string, csv: string, flags: SendFlags): Promise<void> => {
  const terminal = createTerminal(flags.json === true);
  const held = await heldKey(file);
  const client = createGridsealClient({ url: flags.url });
  const profile = await ensureEnrolledProfile(file, held, client);
  if (profile === undefined)
    throw new UsageError(
      `${file} is not enrolled with ${flags.url}: gridseal device enrol ${file} --csv ${csv}`,
    );
  const options = await withKeptOptions(file, fileOptionsOf(flags));
  const leftOutFile = createLeftOutFile(join(flags.spool ?? `${file}.spool`, 'left-out'), csv);
  const report = requireSendable(
    await checkWithProgress(terminal, csv, { ...options, profile }, { leftOut: leftOutFile.add }).finally(
      leftOutFile.close,
    ),
    Date.now(),
  );
  const spanMs = hoursOf(flags.hours) * 3_600_000;
  const gateway = await openGateway(file, held, profile, ruleOf(flags, profile), flags);
  const { station, reporter, signed, receiptFile } = gateway;
  const digests: Hex[] = [];
  const refused: string[] = [];
  const waiting = new Set<string>();
  let readings = 0;
  let unsigned = 0;
  let signedBefore = 0;
  let bar: Progress | undefined;
  const deliver = () =>
    station.flush(async (deliveries) => {
      const kept = await gateway.keep(deliveries);
      for (const reason of kept.refused) refused.push(reason);
      waiting.clear();
      for (const reason of kept.waiting) waiting.add(reason);
    });
  try {
    bar = terminal.progress('readings', report.readings);
    const straddles = flags.again === true ? () => false : signed.straddles;
    for await (const stretch of stretchesOf(fileReadings(report), spanMs, straddles)) {
      const measured = flags.again === true ? stretch : signed.unsigned(stretch);
      signedBefore += stretch.length - measured.length;
      for (const batch of batchesOf(measured, spanMs)) {
        // What is refused for good takes a number of the chain with it: the next one would be refused as well.
        if (refused.length > 0) {
          unsigned += batch.length;
          continue;
        }
        await signed.willSign(batch, station.next());
        const reported = await reporter.report(batch);
        digests.push(reported.digest);
        readings += reported.kept;
        await deliver();
      }
      bar.advance(stretch.length);
    }
    if (station.waiting() > 0) await deliver();
  } catch (error) {
    if (!(error instanceof SdkError)) throw error;
    throw new SdkError(error.code, `${error.message}; ${waitText(station.waiting())}`, { cause: error });
  } finally {
    bar?.done();
    await gateway.close();
  }
  const figures = reporter.figures();
  terminal.line(
    `${readings} readings of ${report.rows} rows (${report.plan.preset}) in ${digests.length} batches.`,
  );
  if (signedBefore > 0)
    terminal.line(`${signedBefore} readings were signed before and left out: --again signs them once more.`);
  if (report.missing > 0) terminal.line(`${report.missing} cells without a value were left out.`);
  if (report.rounded > 0) terminal.line(`${report.rounded} numbers were rounded (--round).`);
  if (report.leftOut.rows > 0)
    terminal.line(
      `${report.leftOut.rows} rows were left out (--skip-invalid) and are kept in ${leftOutFile.file}.`,
    );
  if (figures !== undefined) {
    printFigures(terminal, figures, profile);
    terminal.line(`What was measured is in ${gateway.folder}/raw: keep it (gridseal verify --raw).`);
  }
  for (const reason of new Set(refused)) terminal.error(`refused: ${reason}`);
  if (refused.length > 0)
    terminal.error(
      `${refused.length} batches were refused for good and are kept in ${gateway.folder}/spool/refused; their readings count as unsigned.`,
    );
  if (unsigned > 0) terminal.error(`${unsigned} readings were not signed: they would be refused as well.`);
  for (const reason of waiting) terminal.error(`refused: ${reason} (for now: it waits)`);
  if (station.waiting() > 0) terminal.error(waitText(station.waiting()));
  if (digests.length > 0) terminal.line(`Last digest ${digests.at(-1)}`);
  terminal.line(`Receipts in ${receiptFile}: keep them (gridseal promise --help).`);
  terminal.result({
    readings,
    digests,
    signedBefore,
    missing: report.missing,
    leftOutRows: report.leftOut.rows,
    refused,
    unsigned,
    waiting: station.waiting(),
    author: toHex(held.identity),
    ...(figures === undefined ? {} : { reduction: figures }),
  });
  if (refused.length > 0 || station.waiting() > 0) process.exitCode = EXIT.failed;
};

/** The flags of a station, whatever its readings come from. */
export const withGatewayFlags = (command: Command): Command =>
  command
    .option('--spool <folder>', 'where batches wait (default: beside the key)')
    .option(
      '--dead-band <band>',
      'send on change: a share (1.5%) or an amount in the unit of each channel (0.25)',
    )
    .option('--heartbeat <seconds>', 'with --dead-band: the longest that a channel is silent', '3600')
    .option('--trust <file>', 'whom to believe, instead of the trust that was pinned beside the key')
    .option('--mqtt <url>', 'send over this broker instead of HTTP')
    .option('--mqtt-ca <file>', 'certificate authority of the broker (PEM)')
    .option('--receipts <file>', 'where receipts are kept, a line each (default: beside the key)');

/** `gridseal device send`. */
export const addSendCommand = (device: Command): void => {
  withFileFlags(
    withGatewayFlags(
      device
        .command('send')
        .argument('<key file>')
        .argument('<csv>')
        .description(
          'Sign the readings of a file and send them; what is signed and not receipted waits on disk.',
        )
        .option('--hours <n>', 'hours of telemetry in a batch', '1')
        .option(
          '--again',
          'sign readings too that were signed before, from this file or another of the same readings',
        ),
    ),
  ).action((file: string, csv: string, _f: unknown, command: Command) =>
    send(file, csv, command.optsWithGlobals<SendFlags>()),
  );
};
