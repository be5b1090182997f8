import type { CsvLayout } from './layout.ts';
import { FileError } from './file-error.ts';

const TIME_COLUMN = /^(time|timestamp|datetime|date)$/iu;
const WITH_UNIT = /^(?<quantity>.+?)\s*[[(](?<unit>[^\])]+)[\])]$/u;

const timeOf = (cell: string, file: string, line: number): number => {
  const timeMs = /^\d{12,14}$/u.test(cell) ? Number(cell) : Date.parse(cell);
  if (!Number.isSafeInteger(timeMs) || timeMs < 0) {
    throw new FileError(
      'bad-time',
      file,
      `row ${line}: ${JSON.stringify(cell)} is neither ISO 8601 nor Unix milliseconds`,
    );
  }
  return timeMs;
};

/**
 * Layout of a plain file: one column named time, timestamp, datetime or date; every other column
 * is a channel, its unit in brackets after its name (`power [W]`).
 *
 * @throws FileError `no-channels` when there is no time column or nothing beside it.
 */
export const plainLayout = (columns: readonly string[], file: string): CsvLayout => {
  const time = columns.find((column) => TIME_COLUMN.test(column));
  const measured = columns.filter((column) => column !== time && column !== '');
  if (time === undefined || measured.length === 0) {
    throw new FileError(
      'no-channels',
      file,
      `expected a CityLearn building file, or a column named time and at least one more; found ${columns.join(', ')}`,
    );
  }
  return {
    name: 'plain',
    channels: measured.map((column, i) => {
      const { quantity = column, unit = '1' } = WITH_UNIT.exec(column)?.groups ?? {};
      return { channel: i + 1, column, quantity, unit, sign: 'as recorded' };
    }),
    timeOf: (row, index) => timeOf(row[time] ?? '', file, index + 2),
  };
};
