import { QUALITY, amountText, type Profile, type Reading } from '@gridseal/protocol';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { momentText } from './moment.ts';

/** A reading as a person reads it: `value` is a decimal number in `unit`. */
export type ReadingRow = {
  readonly index: number;
  readonly time: string;
  readonly channel: number;
  readonly quantity: string | null;
  readonly value: string;
  readonly unit: string | null;
  readonly sign: string | null;
  readonly quality: readonly string[];
};

/** Readings in the units of their profile; without one they stay bare integers. */
export const rowsOf = (readings: readonly Reading[], profile: Profile | undefined): readonly ReadingRow[] => {
  const meanings = new Map((profile?.channels ?? []).map((meaning) => [meaning.channel, meaning]));
  return readings.map(({ timeMs, channel, quality, value }, index) => {
    const meaning = meanings.get(channel);
    return {
      index,
      time: momentText(timeMs),
      channel,
      quantity: meaning?.quantity ?? null,
      value: meaning === undefined ? `${value}` : amountText(value, meaning.scale),
      unit: meaning?.unit ?? null,
      sign: meaning?.sign ?? null,
      quality: Object.entries(QUALITY)
        .filter(([, bit]) => (quality & bit) !== 0)
        .map(([name]) => name),
    };
  });
};

const HEADINGS = ['index', 'time (UTC)', 'quantity', 'value', 'unit', 'quality'] as const;
const RIGHT: ReadonlySet<number> = new Set([0, 3]);

const cellsOf = ({ index, time, channel, quantity, value, unit, quality }: ReadingRow): readonly string[] => [
  `${index}`,
  time,
  quantity ?? `channel ${channel}`,
  value,
  printable(unit ?? '(not known)'),
  quality.join(', '),
];

/** Prints readings as a table, and under it what the signs mean. */
export const printRows = (terminal: Pick<Terminal, 'line' | 'style'>, rows: readonly ReadingRow[]): void => {
  const widths: number[] = HEADINGS.map(({ length }) => length);
  for (const row of rows)
    for (const [column, cell] of cellsOf(row).entries())
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return RIGHT.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  terminal.line(terminal.style('dim', line(HEADINGS)));
  for (const row of rows) terminal.line(line(cellsOf(row)));
  const signs = new Map(rows.map(({ quantity, sign }) => [quantity, sign] as const));
  for (const [quantity, sign] of signs)
    if (quantity !== null && sign !== null)
      terminal.line(terminal.style('dim', `${quantity}: ${printable(sign)}`));
};

/** A cell of a CSV file. Text of someone else's that a spreadsheet would take for a formula is marked as text. */
const csvCell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Readings as lines of a CSV file, its header first. */
export const csvOf = (rows: readonly ReadingRow[]): readonly string[] => [
  'index,time,channel,quantity,value,unit,quality',
  ...rows.map(({ index, time, channel, quantity, value, unit, quality }) =>
    [`${index}`, time, `${channel}`, quantity ?? '', value, csvCell(unit ?? ''), quality.join(' ')].join(','),
  ),
];
