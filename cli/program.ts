import { Command } from 'commander';
import packageManifest from '../package.json' with { type: 'json' };
import { addExitCodes } from './exit-help.ts';

/** In the order that help lists them. Each is loaded when it is named, so that a command starts without what only others need. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  verify: async () => (await import('./commands/verify.ts')).addVerifyCommand,
  statements: async () => (await import('./commands/statements.ts')).addStatementsCommand,
  bundle: async () => (await import('./commands/bundle.ts')).addBundleCommand,
  readings: async () => (await import('./commands/readings.ts')).addReadingsCommand,
  disclose: async () => (await import('./commands/disclose.ts')).addDiscloseCommand,
  receipt: async () => (await import('./commands/receipt.ts')).addReceiptCommand,
  status: async () => (await import('./commands/status.ts')).addStatusCommand,
  log: async () => (await import('./commands/log.ts')).addLogCommands,
  fsck: async () => (await import('./commands/fsck.ts')).addFsckCommand,
  restore: async () => (await import('./commands/restore.ts')).addRestoreCommand,
  device: async () => (await import('./commands/device.ts')).addDeviceCommands,
  promise: async () => (await import('./commands/promise.ts')).addPromiseCommands,
};

/**
 * The command line as commander parses it.
 *
 * @param named the command that is going to run; any other text loads all of them
 */
export const createProgram = async (named = ''): Promise<Command> => {
  const program = new Command('gridseal')
    .description('Verify evidence, read the log, and run a device of a Gridseal alliance.')
    .version(packageManifest.version, '--version', 'print the version of this program')
    .option('--json', 'print one JSON document instead of readable lines')
    .showHelpAfterError('(gridseal COMMAND --help tells more)')
    .exitOverride();
  for (const name of Object.hasOwn(COMMANDS, named) ? [named] : Object.keys(COMMANDS))
    (await COMMANDS[name]?.())?.(program);
  addExitCodes(program);
  return program;
};
