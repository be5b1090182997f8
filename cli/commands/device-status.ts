import type { Command } from 'commander';
import { TALLIED, type Tallied } from '../../edge/gateway/tally.ts';
import { standingOf, type DeviceStanding } from '../device/standing.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';

type StatusFlags = { readonly json?: boolean; readonly spool?: string };

const SAYINGS: Readonly<Record<Tallied, string>> = {
  unreadable: 'messages held no reading: left out, kept in left-out.jsonl',
  conflicting: 'readings contradicted one of the same channel and time: left out, kept in left-out.jsonl',
  repeated: 'readings came again, the same: left out',
  late: 'readings came late: kept',
  ahead: 'readings were of a time to come: kept, signed when it has come',
  notTaken: 'times a message could not be taken, and was left to the broker',
  refused: 'batches were refused for good: set aside',
};

const print = (terminal: Terminal, standing: DeviceStanding): void => {
  const { trust, inUseBy, counts, refused } = standing;
  terminal.line(`Identity  ${standing.identity}`);
  terminal.line(`Key       ${standing.keyId}`);
  terminal.line(
    `Profile   ${standing.profile ?? 'none is kept beside the key: it was not enrolled from here'}`,
  );
  terminal.line(
    trust === null
      ? 'Trust     none is pinned: the first `device enrol`, `send` or `run` asks the service, once'
      : `Trust     log ${trust.logId} of chain ${trust.chainId}, operator ${trust.operator}`,
  );
  if (standing.replacedBy !== null) terminal.line(`Replaced  by ${standing.replacedBy}`);
  if (inUseBy !== null)
    terminal.line(`In use    by ${inUseBy.pid === null ? 'a process' : `process ${inUseBy.pid}`}`);
  terminal.line();
  terminal.line(`${standing.signed} batches signed, ${standing.acknowledged} receipts kept.`);
  terminal.line(`${standing.waiting} batches wait for a receipt, ${standing.unsigned} readings for a batch.`);
  for (const what of TALLIED) {
    const counted = counts[what];
    if (counted !== undefined)
      terminal.line(`${counted.count} ${SAYINGS[what]} (last at ${counted.lastAt}: ${counted.last}).`);
  }
  for (const { sequence, reason } of refused)
    terminal.line(`Batch ${sequence} was refused for good: ${reason}`);
  const { problem } = counts;
  if (problem !== undefined) terminal.line(`Last problem at ${problem.lastAt}: ${problem.last}`);
};

/** `gridseal device status`. */
export const addStatusCommand = (device: Command): void => {
  device
    .command('status')
    .argument('<key file>')
    .description(
      'Say what a key signed, what waits, what was left out, late, refused or set aside, and whom it believes; asks nobody.',
    )
    .option('--spool <folder>', 'where batches wait (default: beside the key)')
    .action(async (file: string, _f: unknown, command: Command) => {
      const flags = command.optsWithGlobals<StatusFlags>();
      const terminal = createTerminal(flags.json === true);
      const standing = await standingOf(file, flags.spool);
      print(terminal, standing);
      terminal.result(standing);
    });
};
