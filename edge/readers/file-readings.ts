import type { Reading } from '@gridseal/protocol';
import { exactly } from './decimal.ts';
import type { RowRange } from './check-file.ts';
import { FileError } from './file-error.ts';
import type { FileReport } from './file-report.ts';
import { rowReader } from './row-reader.ts';
import { readRows } from './text/rows.ts';
import { readChunks } from './text/source.ts';

const byTime = (a: Reading, b: Reading): number => (a.timeMs < b.timeMs ? -1 : a.timeMs > b.timeMs ? 1 : 0);

/**
 * The readings of a file that was checked, in the order of their times, a piece at a time. The bytes are compared with those that
 * were checked before they are used. A file whose rows do not ascend is sorted in memory.
 *
 * @throws FileError `changed`
 */
export async function* fileReadings(
  report: FileReport,
  range: RowRange = { from: 0, to: Number.POSITIVE_INFINITY },
): AsyncGenerator<readonly Reading[]> {
  const { file, plan, seen, excluded, channels } = report;
  const reader = rowReader(plan, excluded.folds);
  let times = 0;
  let last = -1;
  let nth = 0;
  const unordered: (readonly Reading[])[] = [];
  for await (const batch of readRows(file, readChunks(file, { seen }), plan.cutting)) {
    const readings: Reading[] = [];
    for (const row of batch) {
      const outcome = reader.read(row);
      if (outcome.is === 'nothing' || outcome.is === 'total') continue;
      nth += 1;
      if (nth <= range.from || nth > range.to) continue;
      if (outcome.is === 'problems') {
        if (plan.skipInvalid) continue;
        throw new FileError('changed', file, `row ${row.line} cannot be read any more`);
      }
      if (excluded.rows.has(row.line)) continue;
      if (report.order.isAscending && outcome.timeMs === last) continue;
      last = outcome.timeMs;
      times += 1;
      const timeMs = BigInt(outcome.timeMs);
      for (const { at, number } of outcome.cells) {
        const channel = channels[at];
        const value = channel === undefined ? undefined : exactly(number, channel.scale);
        if (channel === undefined || value === undefined)
          throw new FileError('changed', file, `row ${row.line} has other decimals than before`);
        readings.push({ timeMs, channel: channel.channel, quality: 0, value });
      }
    }
    if (!report.order.isAscending) unordered.push(readings);
    else if (readings.length > 0) yield readings;
  }
  if (times !== report.rows)
    throw new FileError('changed', file, `it has ${times} rows and had ${report.rows}`);
  if (unordered.length > 0) yield unordered.flat().sort(byTime);
}
