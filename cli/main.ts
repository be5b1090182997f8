import { Command, CommanderError } from 'commander';
import { SdkError } from '@gridseal/sdk/errors';
import { FileError } from '../edge/readers/file-error.ts';
import { EXIT } from './exit-codes.ts';
import { UsageError } from './usage-error.ts';

const program = new Command('gridseal')
  .description('Verify evidence, read the log, and run a device of a Gridseal alliance.')
  .option('--json', 'print one JSON document instead of readable lines')
  .showHelpAfterError('(gridseal COMMAND --help tells more)')
  .exitOverride();

/** In the order that help lists them. Each is loaded when it is named, so that a command starts without what only others need. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  verify: async () => (await import('./commands/verify.ts')).addVerifyCommand,
  log: async () => (await import('./commands/log.ts')).addLogCommands,
  fsck: async () => (await import('./commands/fsck.ts')).addFsckCommand,
  restore: async () => (await import('./commands/restore.ts')).addRestoreCommand,
  device: async () => (await import('./commands/device.ts')).addDeviceCommands,
  promise: async () => (await import('./commands/promise.ts')).addPromiseCommands,
};
const first = process.argv.slice(2).find((argument) => !argument.startsWith('-')) ?? '';
for (const name of Object.hasOwn(commands, first) ? [first] : Object.keys(commands))
  (await commands[name]?.())?.(program);

const exitCodeOf = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UsageError || error instanceof FileError) return EXIT.usage;
  if (error instanceof SdkError) return error.code === 'bad-key-file' ? EXIT.usage : EXIT.failed;
  throw error;
};

// A reader that has enough (`| head`) ends the output, not the verdict.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  if (!(error instanceof CommanderError) && error instanceof Error) {
    process.stderr.write(`gridseal: ${error.message}\n`);
  }
}
