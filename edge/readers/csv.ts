import type { Profile, Reading } from '@gridseal/protocol';
import { checkFile, requireAccepted, type RowRange } from './check-file.ts';
import type { FileOptions } from './file-options.ts';
import { fileReadings } from './file-readings.ts';
import { profileOf } from './file-report.ts';

/** A telemetry file in memory: exact integers with the decimal scale of each channel, and what was left out. */
export type CsvTelemetry = {
  /** The preset that it was read with. */
  readonly layout: string;
  readonly rows: number;
  /** Cells without a value. */
  readonly emptyCells: number;
  /** Rows that `skipInvalid` left out. */
  readonly leftOutRows: number;
  readonly profile: Profile;
  /** Ascending by time. */
  readonly readings: readonly Reading[];
};

/**
 * Reads a telemetry file as a whole; `checkFile` and `fileReadings` do so in constant memory.
 *
 * @param options how it is read, and which of its rows (all, unless given)
 * @throws FileError with all that stands against signing it
 * @example const day = await readTelemetryFile('Building_1.csv', { rows: { from: 0, to: 24 } })
 */
export const readTelemetryFile = async (
  file: string,
  options: FileOptions & { readonly rows?: RowRange } = {},
): Promise<CsvTelemetry> => {
  const { rows: range, ...how } = options;
  const report = requireAccepted(await checkFile(file, how, {}, range));
  const pieces: (readonly Reading[])[] = [];
  for await (const readings of fileReadings(report, range)) pieces.push(readings);
  return {
    layout: report.plan.preset,
    rows: report.rows,
    emptyCells: report.missing,
    leftOutRows: report.leftOut.rows,
    profile: profileOf(report),
    readings: pieces.flat(),
  };
};
