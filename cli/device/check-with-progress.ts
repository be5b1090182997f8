import { stat } from 'node:fs/promises';
import { checkFile, requireAccepted } from '../../edge/readers/check-file.ts';
import type { FileReport } from '../../edge/readers/file-report.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** How far a file's times may be ahead of the clock. */
const MAX_AHEAD_MS = 60_000;

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

/** A report that also says when times are ahead of the clock: the service would not take them. */
export const withClock = (report: FileReport, nowMs: number): FileReport => {
  const { lastMs } = report.order;
  if (lastMs === undefined || lastMs <= nowMs + MAX_AHEAD_MS) return report;
  const problem = {
    code: 'implausible-time',
    message: `the last time, ${new Date(lastMs).toISOString()}, is ahead of this machine's clock`,
    remedy: 'is the zone right, and the clock?',
  } as const;
  return { ...report, problems: [problem, ...report.problems], problemCount: report.problemCount + 1 };
};

/** A report of a file that can be signed now. @throws FileError with what stands against it */
export const requireSendable = (report: FileReport, nowMs: number): FileReport =>
  requireAccepted(withClock(report, nowMs));
