import type { Command } from 'commander';
import { profileFileOf, readEnrolledProfile } from '../../edge/gateway/enrolled-profile.ts';
import { withKeptOptions } from '../../edge/gateway/file-habits.ts';
import { FileError, problemText } from '../../edge/readers/file-error.ts';
import type { FileOptions } from '../../edge/readers/file-options.ts';
import { checkWithProgress, withClock } from '../device/check-with-progress.ts';
import { fileOptionsOf, withFileFlags, type FileFlags } from '../device/file-flags.ts';
import { printFileReport, reportJson } from '../device/print-file-report.ts';
import { EXIT } from '../exit-codes.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { printable } from '../terminal/printable.ts';
import { UsageError } from '../usage-error.ts';

type CheckFlags = FileFlags & { readonly json?: boolean; readonly key?: string };

/** With `--key`: as a file of that key would be read, and what its enrolment holds. */
const optionsOf = async ({ key, ...flags }: CheckFlags): Promise<FileOptions> => {
  const given = fileOptionsOf(flags);
  if (key === undefined) return given;
  const profile = await readEnrolledProfile(key);
  if (profile === undefined)
    throw new UsageError(`${profileFileOf(key)} is not there: is ${key} enrolled? (gridseal device enrol)`);
  return { ...(await withKeptOptions(key, given)), profile };
};

const check = async (file: string, flags: CheckFlags): Promise<void> => {
  const terminal = createTerminal(flags.json === true);
  try {
    const options = await optionsOf(flags);
    const report = withClock(await checkWithProgress(terminal, file, options), Date.now());
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
      .description('Tell what a file holds and whether it would be accepted; nothing is signed or sent.')
      .option('--key <file>', 'as a file of this key: with the profile of its enrolment'),
  )
    .addHelpText(
      'after',
      '\nExit codes: 0 the file would be accepted; 4 it would be refused, or the command line is wrong.',
    )
    .action((file: string, _f: unknown, command: Command) =>
      check(file, command.optsWithGlobals<CheckFlags>()),
    );
};
