import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Reading } from '@gridseal/protocol';
import { FileError } from './file-error.ts';
import { fitsReading, nearest, parseDecimal } from './decimal.ts';
import { cityLearnLayout, isCityLearn } from './citylearn.ts';
import { plainLayout } from './plain-csv.ts';

/** Most decimals that a channel takes. */
const MAX_DECIMALS = 18;

/** A telemetry file: exact integers with the decimal scale of each channel, and what was left out. */
export type CsvTelemetry = {
  readonly layout: string;
  readonly rows: number;
  readonly emptyCells: number;
  readonly profile: {
    readonly channels: readonly {
      readonly channel: number;
      readonly quantity: string;
      readonly scale: number;
      readonly sign: string;
      readonly unit: string;
    }[];
    readonly format: 'gridseal-profile/1';
  };
  readonly readings: readonly Reading[];
};

const parseRows = (text: string, file: string): Record<string, string>[] => {
  try {
    return parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true });
  } catch (cause) {
    throw new FileError('malformed', file, cause instanceof Error ? cause.message : String(cause));
  }
};

/**
 * Reads telemetry from CSV text. Decimals become integers exactly: each channel takes the
 * largest number of decimals any of its cells has (at most 18) as its scale. Empty cells are left out and counted.
 *
 * @throws FileError `malformed`, `empty`, `no-channels`, `not-a-number`, `bad-time`.
 * @example
 * const day = parseTelemetry(text, { file: "Building_1.csv", rows: { from: 0, to: 24 } })
 */
export const parseTelemetry = (
  text: string,
  options: {
    readonly file: string;
    readonly rows?: { readonly from: number; readonly to: number };
    readonly startMs?: number;
  },
): CsvTelemetry => {
  const all = parseRows(text, options.file);
  const { from, to } = options.rows ?? { from: 0, to: all.length };
  const rows = all.slice(from, to);
  const columns = Object.keys(all[0] ?? {});
  if (rows.length === 0)
    throw new FileError('empty', options.file, `no rows in ${from}..${to} of ${all.length}`);
  const layout = isCityLearn(columns) ? cityLearnLayout(options.startMs) : plainLayout(columns, options.file);
  let emptyCells = 0;
  const readings: Reading[] = [];
  const channels = [];
  for (const { channel, column, quantity, unit, sign } of layout.channels) {
    const cells = rows.map((row) => row[column] ?? '');
    const decimals = cells.map((cell, i) => {
      if (cell === '') return 0;
      const number = parseDecimal(cell);
      if (number === undefined) {
        throw new FileError(
          'not-a-number',
          options.file,
          `row ${from + i + 2}, column ${column}: ${JSON.stringify(cell)}`,
        );
      }
      return Math.min(number.decimals, MAX_DECIMALS);
    });
    const scale = decimals.reduce((most, count) => (count > most ? count : most), 0);
    channels.push({ channel, quantity, scale: scale === 0 ? 0 : -scale, sign, unit });
    cells.forEach((cell, i) => {
      const row = rows[i];
      if (cell === '' || row === undefined) {
        emptyCells += 1;
        return;
      }
      const number = parseDecimal(cell);
      const value = number === undefined ? undefined : nearest(number, -scale);
      if (value === undefined || !fitsReading(value)) {
        throw new FileError(
          'not-a-number',
          options.file,
          `row ${from + i + 2}, column ${column}: ${JSON.stringify(cell)} is too large with ${scale} decimals`,
        );
      }
      readings.push({ timeMs: BigInt(layout.timeOf(row, from + i)), channel, quality: 0, value });
    });
  }
  return {
    layout: layout.name,
    rows: rows.length,
    emptyCells,
    profile: { channels, format: 'gridseal-profile/1' },
    readings,
  };
};

/** Reads a telemetry file; see {@link parseTelemetry}. */
export const readTelemetryFile = async (
  file: string,
  options: { readonly rows?: { readonly from: number; readonly to: number }; readonly startMs?: number } = {},
): Promise<CsvTelemetry> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new FileError('unreadable', file, cause instanceof Error ? cause.message : String(cause));
  }
  return parseTelemetry(text, { file, ...options });
};
