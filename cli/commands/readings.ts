import type { Command } from 'commander';
import { createGridsealClient } from '@gridseal/sdk/http/client';
import { openBatch } from '../evidence/open-batch.ts';
import { csvOf, printRows, rowsOf } from '../evidence/reading-rows.ts';
import { digestNamed } from '../service/digest.ts';
import { withOperatorFlags, type OperatorFlags } from '../service/flags.ts';
import { readToken } from '../service/token.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

type ReadingsFlags = OperatorFlags & { readonly csv?: boolean };

const run = async (name: string, flags: ReadingsFlags): Promise<void> => {
  if (flags.csv === true && flags.json === true)
    throw new UsageError('--csv and --json are two forms of the same; name one');
  const terminal = createTerminal(flags.json === true);
  const digest = digestNamed(name);
  const operator = await readToken(flags);
  const { readings, profileHash, profile } = await openBatch(
    createGridsealClient({ url: flags.url }),
    digest,
    operator,
  );
  const rows = rowsOf(readings, profile);
  if (flags.csv === true) for (const line of csvOf(rows)) terminal.line(line);
  else {
    printRows(terminal, rows);
    terminal.line(
      `${rows.length} readings of ${digest}; 'gridseal disclose' opens some of them to others, with proof.`,
    );
    if (profile === undefined)
      terminal.error(`gridseal: the service does not know what the channels mean (profile ${profileHash})`);
  }
  terminal.result({ digest, profile: profileHash, readings: rows });
};

/** `gridseal readings`. */
export const addReadingsCommand = (program: Command): void => {
  const command = program
    .command('readings')
    .argument('<digest>', 'the batch')
    .description("Show the decrypted readings of a batch (needs the operator's token).")
    .option('--csv', 'print CSV instead of a table');
  withOperatorFlags(command).action(async (digest: string, _flags: unknown, self: Command) => {
    await run(digest, self.optsWithGlobals<ReadingsFlags>());
  });
};
