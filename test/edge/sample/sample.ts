import type { FileOptions } from '../../../edge/readers/file-options.ts';
import { encodeText, ENCODINGS, type SampleEncoding } from './encode.ts';
import { DEFECTS, type Table } from './defects.ts';
import { seeded, type Random } from './random.ts';
import { TIME_FORMS, type TimeForm } from './time-forms.ts';

/** What must become of a file. */
export type Expected =
  | {
      readonly is: 'accepted';
      /** `time quantity unit amount`, the amount in millionths, sorted. */
      readonly readings: readonly string[];
    }
  | { readonly is: 'refused'; readonly code: string; readonly row?: number; readonly column?: string };

export type SampleFile = {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly options: FileOptions;
  readonly expected: Expected;
};

type HeaderStyle = {
  readonly name: string;
  readonly time: string;
  readonly power: string;
  readonly voltage: string;
  readonly quantities: readonly [string, string];
  readonly units: readonly [string, string];
  readonly map?: readonly string[];
  readonly isChinese?: boolean;
};

const HEADERS: readonly HeaderStyle[] = [
  {
    name: 'square',
    time: 'time',
    power: 'power [W]',
    voltage: 'voltage [V]',
    quantities: ['power', 'voltage'],
    units: ['W', 'V'],
  },
  {
    name: 'round',
    time: 'Time',
    power: 'Ppv(kW)',
    voltage: 'Vpv1(V)',
    quantities: ['ppv', 'vpv1'],
    units: ['kW', 'V'],
  },
  {
    name: 'full-width',
    time: '时间',
    power: '有功功率（千瓦）',
    voltage: '电压（伏）',
    quantities: ['active-power', 'voltage'],
    units: ['kW', 'V'],
    isChinese: true,
  },
  {
    name: 'mapped',
    time: 'Zeit',
    power: 'Leistung',
    voltage: 'Zähler',
    quantities: ['active-power', 'active-energy-import'],
    units: ['MW', 'kWh'],
    map: ['Leistung=active-power:MW', 'Zähler=active-energy-import:kWh'],
  },
  {
    name: 'suffixed',
    time: 'timestamp',
    power: 'power_kw',
    voltage: 'kwh',
    quantities: ['power', 'energy'],
    units: ['kW', 'kWh'],
    map: ['power_kw=power:kW', '#3=energy:kWh'],
  },
];

const SEPARATORS = [',', ';', '\t', '|'];

/** A number of thousandths as text. */
const written = (thousandths: number, mark: string): string => {
  const size = Math.abs(thousandths);
  const fraction = String(size % 1_000)
    .padStart(3, '0')
    .replace(/0+$/u, '');
  return `${thousandths < 0 ? '-' : ''}${Math.floor(size / 1_000)}${fraction === '' ? '' : mark}${fraction}`;
};

const tableOf = (random: Random, form: TimeForm, mark: string, header: HeaderStyle): Table => {
  // One start in three lies within an hour of a change of Berlin's clocks.
  const start = random.pick([
    Date.UTC(2024, random.below(12), 1 + random.below(28), random.below(24)),
    Date.UTC(2024, 2, 31, 0),
    Date.UTC(2024, 9, 26, 23),
  ]);
  const step = random.pick([60_000, 300_000, 900_000, 1_800_000]);
  const least = 12 + random.below(20);
  // A file that ends between the two passes of an hour that comes twice is refused: see times.test.ts.
  const fold = Date.UTC(2024, 9, 27, 2) - start;
  const count = fold > 0 && fold <= 4 * 3_600_000 ? Math.max(least, fold / step + 1) : least;
  const rows = Array.from({ length: count }, (_, i) => {
    const timeMs = start + i * step;
    const values = [random.below(2_000_000) - 1_000_000, random.below(500_000)];
    // A comma is told as a decimal mark by a number with other than three decimals.
    if (i % 4 === 0) values[0] = 1_500;
    return { time: form.write(timeMs), timeMs, cells: values.map((value) => written(value, mark)), values };
  });
  return {
    header: [header.time, header.power, header.voltage],
    rows: rows.map(({ time, cells }) => [time, ...cells]),
    readings: rows.map(({ timeMs, values }) => ({
      timeMs,
      values: values.map((value) => BigInt(value) * 1_000n),
    })),
    before: [],
    after: [],
  };
};

const quote = (cell: string, separator: string): string => (cell.includes(separator) ? `"${cell}"` : cell);

/** A seeded sample over the product of header, separator, decimal mark, encoding, form of time and defect. */
export const sampleOf = (seed: number, count: number): readonly SampleFile[] => {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, nth) => {
    const header = random.pick(HEADERS);
    const separator = random.pick(SEPARATORS);
    const mark = random.pick(['.', ',']);
    const form = random.pick(TIME_FORMS);
    const encoding: SampleEncoding = random.pick(
      ENCODINGS.filter((name) => (header.isChinese === true ? name !== 'windows-1252' : name !== 'gb18030')),
    );
    // Every defect comes as often as any other.
    const defect = DEFECTS[nth % DEFECTS.length]!;
    const table = tableOf(random, form, mark, header);
    const changed = defect.apply(table, {
      random,
      form,
      mark,
      separator,
      quantities: header.quantities,
      units: header.units,
    });
    const lines = [
      ...changed.before,
      ...[changed.header, ...changed.rows].map((cells) =>
        cells.map((cell) => quote(cell, separator)).join(separator),
      ),
      ...changed.after,
    ];
    const end = random.pick(['\n', '\r\n']);
    const text = `${lines.join(end)}${end}`;
    const bytes = encodeText(text, encoding);
    const options: FileOptions = {
      ...form.options,
      ...(encoding === 'windows-1252' ? { encoding: 'windows-1252' } : {}),
      ...(header.map === undefined ? {} : { map: header.map }),
      ...changed.options,
      ...(changed.options?.map === undefined ? {} : { map: [...(header.map ?? []), ...changed.options.map] }),
    };
    const readings = changed.readings.flatMap(({ timeMs, values }) =>
      values.flatMap((value, i) =>
        value === undefined
          ? []
          : [`${timeMs} ${header.quantities[i] ?? ''} ${header.units[i] ?? ''} ${value}`],
      ),
    );
    return {
      name: `${String(nth).padStart(4, '0')}: ${header.name} header, ${JSON.stringify(separator)}, decimal ${mark}, ${encoding}, ${form.name}, ${defect.name}`,
      bytes: changed.bytes?.(bytes) ?? bytes,
      options: omit(options, changed.without ?? []),
      expected:
        changed.refused === undefined
          ? { is: 'accepted', readings: readings.sort() }
          : { is: 'refused', ...changed.refused },
    };
  });
};

const omit = (options: FileOptions, names: readonly string[]): FileOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)));
