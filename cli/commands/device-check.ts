import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { checkFile } from '../../edge/readers/check-file.ts';
import { FileError, problemText } from '../../edge/readers/file-error.ts';
import type { FileReport } from '../../edge/readers/file-report.ts';
import { fileOptionsOf, withFileFlags, type FileFlags } from '../device/file-flags.ts';
import { printFileReport, reportJson } from '../device/print-file-report.ts';
import { EXIT } from '../exit-codes.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';
import { printable } from '../terminal/printable.ts';

type CheckFlags = FileFlags & { readonly json?: boolean; readonly key?: string };

/** Reads a file with a bar for a person. @throws FileError */
export const checkWithProgress = async (
  terminal: Terminal,
  file: string,
  options: Parameters<typeof checkFile>[1],
  watcher: Parameters<typeof checkFile>[2] = {},
): Promise<FileReport> => {
  const size = await stat(file).then(
    (entry) => entry.size,
    () => 0,
  );
  const bar = terminal.progress('bytes checked', size);
  try {
    return await checkFile(file, options, { ...watcher, progress: (bytes) => bar.advance(bytes) });
  } finally {
    bar.done();
  }
};

const check = async (file: string, flags: CheckFlags): Promise<void> => {
  const terminal = createTerminal(flags.json === true);
  const options = fileOptionsOf(flags);
  try {
    const report = await checkWithProgress(terminal, file, options);
    printFileReport(terminal, report);
    terminal.result(reportJson(report));
    if (report.problemCount > 0) process.exitCode = EXIT.usage;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const { problems, count } = error;
    terminal.line(`${printable(file)}: the file would be refused.`);
    for (const problem of problems) terminal.line(`  ${printable(problemText(problem))}`);
    if (count > problems.length) terminal.line(`  and ${count - problems.length} more`);
    terminal.result({ file, accepted: false, problems, problemCount: count });
    process.exitCode = EXIT.usage;
  }
};

/** `gridseal device check`. */
export const addCheckCommand = (device: Command): void => {
  withFileFlags(
    device
      .command('check')
      .argument('<file>', 'a table of readings: CSV and its relatives (docs/guide/files.md)')
      .description('Tell what a file holds and whether it would be accepted; nothing is signed or sent.'),
  )
    .addHelpText(
      'after',
      '\nExit codes: 0 the file would be accepted; 4 it would be refused, or the command line is wrong.',
    )
    .action((file: string, _f: unknown, command: Command) =>
      check(file, command.optsWithGlobals<CheckFlags>()),
    );
};
