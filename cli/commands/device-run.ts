import type { Command } from 'commander';
import { toHex } from '@gridseal/protocol';
import { runGateway } from '../../edge/gateway/run.ts';
import { parseMeterFile } from '../../edge/readers/meter-file.ts';
import { openMqttMeter } from '../../edge/readers/mqtt-meter.ts';
import { isDiskFull } from '../../edge/spool/disk.ts';
import { authorityOf, openGateway, reachBroker, type GatewayFlags } from '../device/gateway.ts';
import { heldKey } from '../device/held-key.ts';
import { noticesOf } from '../device/notices.ts';
import { printFigures, ruleOf, type ReductionFlags } from '../device/reduction.ts';
import { EXIT } from '../exit-codes.ts';
import { readNamedFile } from '../read-file.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { withGatewayFlags } from './device-send.ts';

type RunFlags = GatewayFlags &
  ReductionFlags & {
    readonly json?: boolean;
    readonly source: string;
    readonly sourceCa?: string;
    readonly every: string;
  };

const secondsOf = (text: string): number => {
  const seconds = Number(text);
  if (seconds >= 0.1 && seconds <= 86_400) return seconds;
  throw new UsageError(`--every ${text}: expected seconds from 0.1 to 86400`);
};

/** Aborts at the first Ctrl-C; the second one ends the process where it stands. */
const untilStopped = (): AbortSignal => {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  return stopping.signal;
};

/** What is counted is saved with the next round. */
const unlessDiskFull = (error: unknown): void => {
  if (!isDiskFull(error)) throw error;
};

const run = async (file: string, meterFile: string, flags: RunFlags): Promise<void> => {
  const terminal = createTerminal(flags.json === true);
  const at = (): string => terminal.style('dim', new Date().toISOString().slice(11, 19));
  const batchMs = 1_000 * secondsOf(flags.every);
  const held = await heldKey(file);
  const meter = parseMeterFile(new TextDecoder().decode(await readNamedFile(meterFile)), meterFile);
  const gateway = await openGateway(file, held, meter.profile, ruleOf(flags, meter.profile), flags);
  const { tally } = gateway;
  const notice = noticesOf({ terminal, tally, at });
  const totals = { batches: 0, readings: 0, receipts: 0, refused: 0 };
  try {
    const reader = await reachBroker(
      openMqttMeter({
        url: flags.source,
        ...(await authorityOf(flags.sourceCa)),
        meter,
        folder: gateway.folder,
        next: gateway.station.next(),
        clientId: `gridseal-${toHex(held.identity)}`,
        now: Date.now,
        notice,
      }),
    );
    const { station, reporter } = gateway;
    try {
      await runGateway({
        stations: [{ name: meterFile, reader, reporter, station }],
        batchMs,
        sampleMs: 1,
        signal: untilStopped(),
        now: Date.now,
        events: {
          reported: (_name, { digest, read, kept }) => {
            totals.batches += 1;
            totals.readings += read;
            terminal.line(`${at()}  ${read} readings, ${kept} in batch ${digest}`);
          },
          delivered: async (_name, deliveries) => {
            const kept = await gateway.keep(deliveries);
            totals.receipts += kept.receipts;
            totals.refused += kept.refused.length;
            for (const reason of kept.refused) terminal.error(`${at()}  refused: ${reason}`);
            for (const reason of new Set(kept.waiting)) {
              tally.note('problem', reason);
              terminal.error(`${at()}  not taken yet: ${reason}`);
            }
          },
          unsigned: (_name, reason) => {
            tally.note('problem', reason);
            terminal.error(`${at()}  what was measured waits unsigned: ${reason}`);
          },
          concluded: () => tally.save().catch(unlessDiskFull),
          waiting: (_name, reason) => {
            tally.note('problem', reason);
            terminal.error(`${at()}  ${station.waiting()} batches wait: ${reason}`);
          },
        },
      });
    } finally {
      await reader.close();
    }
  } finally {
    await gateway.close();
  }
  const waiting = gateway.station.waiting();
  const figures = gateway.reporter.figures();
  terminal.line(
    `${totals.readings} readings in ${totals.batches} batches; ${totals.receipts} receipts in ${gateway.receiptFile}, ${waiting} batches wait.`,
  );
  if (figures !== undefined) printFigures(terminal, figures, meter.profile);
  terminal.result({ ...totals, waiting, ...(figures === undefined ? {} : { reduction: figures }) });
  if (totals.refused > 0) process.exitCode = EXIT.failed;
};

/** `gridseal device run`. */
export const addRunCommand = (device: Command): void => {
  withGatewayFlags(
    device
      .command('run')
      .argument('<key file>')
      .argument('<meter file>')
      .description('Read a meter over MQTT, sign a batch at intervals and send it, until Ctrl-C.')
      .requiredOption('--source <url>', "the meter's broker")
      .option('--source-ca <file>', "certificate authority of the meter's broker (PEM)")
      .option('--every <seconds>', 'how often a batch is made', '60'),
  ).action((file: string, meterFile: string, _f: unknown, command: Command) =>
    run(file, meterFile, command.optsWithGlobals<RunFlags>()),
  );
};
