import { channelScale } from './channel-scale.ts';
import { MAX_PROBLEMS, refusedFile, type FileProblem } from './file-error.ts';
import type { FileOptions } from './file-options.ts';
import type { Excluded, FileReport } from './file-report.ts';
import { makePlan } from './make-plan.ts';
import type { Plan } from './plan.ts';
import { rowReader } from './row-reader.ts';
import { readRows, type RawRow } from './text/rows.ts';
import { readChunks, type SeenBytes } from './text/source.ts';
import { timeline } from './timeline.ts';

/** Who watches a file being read. */
export type Watcher = {
  /** So many bytes more are read. */
  readonly progress?: (bytes: number) => void;
  /** A row is left out. */
  readonly leftOut?: (row: RawRow, reason: FileProblem) => Promise<void>;
};

/** Rows of a file that are read; others are as if they were not there. */
export type RowRange = { readonly from: number; readonly to: number };

const NONE: Excluded = { rows: new Set(), folds: new Set() };

/** Problems that are left out with their rows, and those that are not. */
const tally = () => {
  const told: FileProblem[] = [];
  let all = 0;
  return {
    add: (problem: FileProblem): void => {
      all += 1;
      if (told.length < MAX_PROBLEMS) told.push(problem);
    },
    told,
    count: () => all,
  };
};

async function* watched(chunks: AsyncIterable<Uint8Array>, progress: (bytes: number) => void) {
  for await (const chunk of chunks) {
    yield chunk;
    progress(chunk.length);
  }
}

type Pass = Omit<FileReport, 'file' | 'plan' | 'leftOutColumns' | 'excluded'> & {
  readonly again: Excluded | undefined;
};

/** Reads the file once. Rows that turn out to be left out for what others hold are named in `again`. */
const pass = async (plan: Plan, excluded: Excluded, range: RowRange, watcher: Watcher): Promise<Pass> => {
  const { file, channels, skipInvalid } = plan;
  const reader = rowReader(plan, excluded.folds);
  const scales = channels.map(channelScale);
  const missing = channels.map(() => 0);
  const times = timeline();
  const problems = tally();
  const left = tally();
  let [rows, rounded, nth, leftRows] = [0, 0, 0, 0];
  const totals: number[] = [];
  /** Repetitions found on the way: known by their neighbour only while rows ascend. */
  const dropped = new Set<number>();
  let seen: SeenBytes | undefined;

  const refuse = async (row: RawRow, reasons: readonly FileProblem[]): Promise<void> => {
    for (const reason of reasons) (skipInvalid ? left : problems).add(reason);
    leftRows += 1;
    const [reason] = reasons;
    if (skipInvalid && reason !== undefined) await watcher.leftOut?.(row, reason);
  };

  const take = async (row: RawRow): Promise<void> => {
    const outcome = reader.read(row);
    if (outcome.is === 'nothing') return;
    if (outcome.is === 'total') {
      if (totals.length < MAX_PROBLEMS) totals.push(row.line);
      return;
    }
    nth += 1;
    if (nth <= range.from || nth > range.to) return;
    if (totals.length > 0) {
      const message = 'a row of totals stands in the midst of the rows';
      for (const total of totals.splice(0))
        problems.add({ code: 'bad-time', row: total, message, remedy: 'take it out of the file' });
    }
    if (outcome.is === 'problems') return refuse(row, outcome.problems);
    const { timeMs, cells } = outcome;
    const repeatedOf = excluded.rows.has(row.line)
      ? -1
      : times.add(timeMs, plan.entity === undefined ? 0 : (cells[0]?.at ?? -1) + 1, row.line);
    if (repeatedOf !== undefined && repeatedOf >= 0) dropped.add(row.line);
    if (repeatedOf !== undefined) return refuse(row, [repetition(row.line, repeatedOf, timeMs)]);
    rows += 1;
    rounded += outcome.rounded;
    for (const at of outcome.missing) missing[at]! += 1;
    for (const { at, number } of cells) scales[at]?.add(number, row.line);
  };

  const chunks = readChunks(file, { noted: (noted) => (seen = noted) });
  const counted = watcher.progress === undefined ? chunks : watched(chunks, watcher.progress);
  for await (const batch of readRows(file, counted, plan.cutting)) for (const row of batch) await take(row);

  const order = times.order();
  const once = reader.times.once();
  const again = {
    rows: new Set([
      ...excluded.rows,
      ...(order.isAscending ? [] : dropped),
      ...order.repeated.map(({ row }) => row),
    ]),
    folds: new Set([...excluded.folds, ...once.keys()]),
  };
  const isKnown = again.rows.size === excluded.rows.size && again.folds.size === excluded.folds.size;
  if (!skipInvalid) {
    for (const { row, of, timeMs } of order.repeated) problems.add(repetition(row, of, timeMs));
    for (const [wallMs, { row, rows: inFold }] of once) problems.add(foldOnce(plan, wallMs, row, inFold));
  }
  if (order.tooMany !== undefined)
    problems.add({
      code: 'out-of-order',
      row: order.tooMany,
      message: 'the rows do not ascend in time, and there are too many to sort',
      remedy: 'sort the file by time',
    });
  for (const scale of scales) {
    const problem = scale.problem();
    if (problem !== undefined) problems.add(problem);
  }
  const readings = scales.reduce((sum, scale) => sum + scale.readings(), 0);
  if (readings === 0 && problems.count() === 0)
    problems.add({ code: 'empty', message: 'no row holds a reading', remedy: 'see gridseal device check' });
  return {
    seen: seen ?? { bytes: 0, sha256: '', chunks: [] },
    channels: channels.map(({ channel, column, quantity, unit, sign }, at) => ({
      channel,
      column,
      quantity,
      unit,
      scale: scales[at]?.scale() ?? 0,
      sign,
      readings: scales[at]?.readings() ?? 0,
      missing: missing[at] ?? 0,
    })),
    rows,
    readings,
    missing: missing.reduce((sum, count) => sum + count, 0),
    rounded,
    totals,
    order,
    leftOut: { rows: skipInvalid ? leftRows : 0, reasons: left.told },
    problems: problems.told,
    problemCount: problems.count(),
    again: skipInvalid && !isKnown ? again : undefined,
  };
};

const repetition = (row: number, of: number, timeMs: number): FileProblem => ({
  code: 'repeated-time',
  row,
  message: `${new Date(timeMs).toISOString()} ${of < 0 ? 'was there before' : `is the time of row ${of} too`}`,
  remedy:
    'a channel has one value at a time: take one of the rows out, or keep the first with --skip-invalid',
});

const foldOnce = (plan: Plan, wallMs: number, row: number, rows: number): FileProblem => ({
  code: 'bad-time',
  row,
  column: plan.time.column,
  message: `the hour from ${new Date(wallMs).toISOString().slice(0, 16).replace('T', ' ')} came twice in ${plan.zone?.name ?? 'the zone'} and is in the file once (${rows} rows): which is meant cannot be told`,
  remedy: 'write these times with their offset, or leave them out with --skip-invalid',
});

/**
 * Reads a whole file and tells what it holds, and what stands against signing it. Nothing is kept of its rows.
 *
 * @throws FileError when its beginning does not tell how it is read, or its text cannot be cut into rows
 * @example const report = await checkFile('day.csv', { timezone: 'Europe/Berlin' })
 */
export const checkFile = async (
  file: string,
  options: FileOptions,
  watcher: Watcher = {},
  range: RowRange = { from: 0, to: Number.POSITIVE_INFINITY },
): Promise<FileReport> => {
  const plan = await makePlan(file, options);
  const { leftOut: _told, ...quiet } = watcher;
  let excluded = NONE;
  let read = await pass(plan, excluded, range, quiet);
  while (read.again !== undefined) {
    excluded = read.again;
    read = await pass(plan, excluded, range, quiet);
  }
  if (watcher.leftOut !== undefined && read.leftOut.rows > 0)
    read = await pass(plan, excluded, range, watcher);
  const { again: _again, ...rest } = read;
  return { file, plan, leftOutColumns: plan.leftOut, excluded, ...rest };
};

/** A report of a file that can be signed. @throws FileError with what stands against it */
export const requireAccepted = (report: FileReport): FileReport => {
  if (report.problemCount > 0) throw refusedFile(report.file, report.problems, report.problemCount);
  return report;
};
