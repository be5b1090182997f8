import { Command, CommanderError } from 'commander';
import { SdkError } from '@gridseal/sdk';
import { FileError } from '../edge/readers/file-error.ts';
import { addDeviceCommands } from './commands/device.ts';
import { addFsckCommand } from './commands/fsck.ts';
import { addLogCommands } from './commands/log.ts';
import { addPromiseCommands } from './commands/promise.ts';
import { addRestoreCommand } from './commands/restore.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { EXIT } from './exit-codes.ts';
import { UsageError } from './usage-error.ts';

const program = new Command('gridseal')
  .description('Verify evidence, read the log, and run a device of a Gridseal alliance.')
  .option('--json', 'print one JSON document instead of readable lines')
  .showHelpAfterError('(gridseal COMMAND --help tells more)')
  .exitOverride();

addVerifyCommand(program);
addLogCommands(program);
addFsckCommand(program);
addRestoreCommand(program);
addDeviceCommands(program);
addPromiseCommands(program);

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
