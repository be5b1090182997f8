import type { FileOptions } from '../../../edge/readers/file-options.ts';
import type { Random } from './random.ts';
import type { TimeForm } from './time-forms.ts';

/** A table before it is written, and what it must be read as. */
export type Table = {
  readonly before: readonly string[];
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly after: readonly string[];
  /** Values in millionths; `undefined` where there is none. */
  readonly readings: readonly { readonly timeMs: number; readonly values: readonly (bigint | undefined)[] }[];
  readonly options?: FileOptions;
  readonly without?: readonly string[];
  readonly refused?: { readonly code: string; readonly row?: number; readonly column?: string };
  readonly bytes?: (bytes: Uint8Array) => Uint8Array;
};

type Context = {
  readonly random: Random;
  readonly form: TimeForm;
  readonly mark: string;
  readonly separator: string;
  readonly quantities: readonly string[];
  readonly units: readonly string[];
};
export type Defect = { readonly name: string; readonly apply: (table: Table, context: Context) => Table };

/** Line of a row, from its place in a table without preamble. */
const line = (place: number): number => place + 2;

const withCell = (
  table: Table,
  place: number,
  column: number,
  cell: string,
): readonly (readonly string[])[] =>
  table.rows.map((cells, i) => (i === place ? cells.map((old, c) => (c === column ? cell : old)) : cells));

const withoutValue = (table: Table, place: number, column: number): Table['readings'] =>
  table.readings.map((row, i) =>
    i === place
      ? { ...row, values: row.values.map((value, c) => (c === column - 1 ? undefined : value)) }
      : row,
  );

/** A cell that is no number. */
const badCell = (name: string, cell: (context: Context) => string, code = 'not-a-number'): Defect => ({
  name,
  apply: (table, context) => {
    const place = 1 + context.random.below(table.rows.length - 1);
    const column = table.header[2]!;
    return {
      ...table,
      rows: withCell(table, place, 2, cell(context)),
      refused: { code, row: line(place), column },
    };
  },
});

/** A time that is none. */
const badTime = (name: string, time: (context: Context) => string): Defect => ({
  name,
  apply: (table, context) => {
    const place = 1 + context.random.below(table.rows.length - 1);
    return {
      ...table,
      rows: withCell(table, place, 0, time(context)),
      refused: { code: 'bad-time', row: line(place), column: table.header[0]! },
    };
  },
});

const missing = (cell: string): Defect => ({
  name: `missing as ${JSON.stringify(cell)}`,
  apply: (table, { random }) => {
    const place = 1 + random.below(table.rows.length - 1);
    return { ...table, rows: withCell(table, place, 2, cell), readings: withoutValue(table, place, 2) };
  },
});

const skipped = ({ name, apply }: Defect): Defect => ({
  name: `${name}, left out`,
  apply: (table, context) => {
    const { refused, ...changed } = apply(table, context);
    if (refused?.row === undefined) throw new Error(`${name} names no row`);
    const place = refused.row - 2;
    return {
      ...changed,
      readings: table.readings.filter((_, i) => i !== place),
      options: { ...changed.options, skipInvalid: true },
    };
  },
});

const hexadecimal = badCell('hexadecimal', () => '0x1F');
const impossibleDate = badTime('impossible date', ({ form }) =>
  form.options.dateFormat === undefined
    ? '2024-02-30T10:00:00Z'
    : form.options.dateFormat.startsWith('dd')
      ? '30.02.2024 10:00'
      : '2/30/2024 1:00 PM',
);

const repeated: Defect = {
  name: 'repeated time',
  apply: (table) => {
    const last = table.rows.length - 1;
    return {
      ...table,
      rows: [...table.rows, table.rows[last]!.map((cell, i) => (i === 1 ? '7' : cell))],
      refused: { code: 'repeated-time', row: line(last + 1) },
    };
  },
};

export const DEFECTS: readonly Defect[] = [
  { name: 'none', apply: (table) => table },
  { name: 'none again', apply: (table) => table },
  {
    name: 'sep line',
    apply: (table, { separator }) => ({ ...table, before: [`sep=${separator}`] }),
  },
  {
    name: 'preamble',
    apply: (table) => ({ ...table, before: ['Plant 7', '', 'Exported by hand'] }),
  },
  {
    name: 'trailing total',
    apply: (table, { separator }) => ({ ...table, after: [['Total', '12', '34'].join(separator)] }),
  },
  {
    name: 'text column',
    apply: (table) => ({
      ...table,
      header: [...table.header, 'Status'],
      rows: table.rows.map((cells, i) => [...cells, i % 3 === 0 ? '' : 'running']),
    }),
  },
  {
    name: 'rows backwards',
    apply: (table, { form }) => {
      const rows = table.rows.toReversed();
      if (form.options.timezone !== 'Europe/Berlin') return { ...table, rows };
      // Times that come twice cannot be told apart backwards: the file is cut before them.
      const end = Date.UTC(2024, 9, 26, 23, 59);
      const keep = table.readings.filter(({ timeMs }) => timeMs < end || timeMs > end + 2 * 3_600_000);
      const kept = keep.length === 0 ? table.readings.slice(0, 1) : keep;
      return {
        ...table,
        rows: table.rows.filter((_, i) => kept.includes(table.readings[i]!)).toReversed(),
        readings: kept,
      };
    },
  },
  missing(''),
  missing('--'),
  missing('N/A'),
  {
    name: 'rounded halves',
    apply: (table, { mark, quantities, units }) => ({
      ...table,
      rows: table.rows.map(([time = ''], i) => [
        time,
        `${i % 2 === 0 ? '' : '-'}0${mark}25`,
        `${i % 2 === 0 ? '-' : ''}1${mark}05`,
      ]),
      readings: table.readings.map(({ timeMs }, i) => ({
        timeMs,
        values: [i % 2 === 0 ? 300_000n : -300_000n, i % 2 === 0 ? -1_100_000n : 1_100_000n],
      })),
      options: {
        round: true,
        map: quantities.map((quantity, i) => `#${i + 2}=${quantity}:${units[i] ?? ''}:1`),
      },
    }),
  },
  {
    name: 'thousands, named',
    apply: (table, { mark }) => {
      const thousands = mark === '.' ? ',' : '.';
      return {
        ...table,
        rows: withCell(table, 2, 2, `1${thousands}234${mark}5`),
        readings: table.readings.map((row, i) =>
          i === 2 ? { ...row, values: [row.values[0], 1_234_500_000n] } : row,
        ),
        options: { thousands, decimal: mark },
      };
    },
  },
  hexadecimal,
  skipped(hexadecimal),
  badCell('thousands, not named', ({ mark }) => (mark === '.' ? '1,234.5' : '1.234,5')),
  badCell('too large', () => '1e30', 'out-of-range'),
  badCell('text in a number', () => '12 W'),
  impossibleDate,
  skipped(impossibleDate),
  badTime('another form of time', ({ form }) =>
    form.name.startsWith('Unix') ? '2024-05-01T10:00:00Z' : '1714557600',
  ),
  badTime('microseconds', () => '1714557600000000'),
  badTime('serial date', () => '45412.5'),
  repeated,
  skipped(repeated),
  {
    name: 'no zone named',
    apply: (table, { form }) =>
      form.options.timezone === undefined
        ? table
        : {
            ...table,
            without: ['timezone'],
            refused: { code: 'local-time', row: 2, column: table.header[0]! },
          },
  },
  {
    name: 'row cut off',
    apply: (table) => {
      const last = table.rows.length - 1;
      return {
        ...table,
        rows: table.rows.map((cells, i) => (i === last ? cells.slice(0, 2) : cells)),
        refused: { code: 'ragged', row: line(last) },
      };
    },
  },
  {
    name: 'no unit',
    apply: (table) => ({
      ...table,
      header: [...table.header, 'power'],
      rows: table.rows.map((cells) => [...cells, '5']),
      refused: { code: 'no-unit', column: 'power' },
    }),
  },
  {
    name: 'unknown unit',
    apply: (table) => ({
      ...table,
      header: [...table.header, 'speed [knots]'],
      rows: table.rows.map((cells) => [...cells, '5']),
      refused: { code: 'unknown-unit', column: 'speed [knots]' },
    }),
  },
  {
    name: 'one channel twice',
    apply: (table) => ({
      ...table,
      header: [...table.header, 'energy sold [kWh]', 'Energy  sold (kWh)'],
      rows: table.rows.map((cells) => [...cells, '5', '6']),
      refused: { code: 'same-channel', column: 'Energy  sold (kWh)' },
    }),
  },
];
