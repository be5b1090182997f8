import { CommanderError } from 'commander';
import { SdkError } from '@gridseal/sdk/errors';
import { FileError } from '../edge/readers/file-error.ts';
import { InUseError } from '../edge/spool/in-use-error.ts';
import { EXIT } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { releaseTerminal } from './terminal/terminal.ts';
import { UsageError } from './usage-error.ts';

const exitCodeOf = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UsageError || error instanceof FileError) return EXIT.usage;
  if (error instanceof SdkError) return error.code === 'bad-key-file' ? EXIT.usage : EXIT.failed;
  if (error instanceof InUseError) return EXIT.failed;
  throw error;
};

// A reader that has enough (`| head`) ends the output, not the verdict.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const program = await createProgram(process.argv.slice(2).find((argument) => !argument.startsWith('-')));
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  if (!(error instanceof CommanderError) && error instanceof Error) {
    process.stderr.write(`gridseal: ${error.message}\n`);
  }
} finally {
  releaseTerminal();
}
