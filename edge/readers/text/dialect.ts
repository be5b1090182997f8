import { CsvError, parse } from 'csv-parse/sync';
import type { FileProblem } from '../file-error.ts';
import type { Mapping } from '../mapping.ts';
import { isCityLearn } from '../presets/citylearn.ts';
import { fusionSolar } from '../presets/fusionsolar.ts';
import { isHomeAssistant } from '../presets/home-assistant.ts';
import type { Recognised } from '../presets/preset.ts';
import { sbfspot } from '../presets/sbfspot.ts';
import { cuttingOptions } from './rows.ts';

/** How a table is written, found at its beginning. */
export type Dialect = {
  readonly separator: string;
  /** Line of the header, from 1. */
  readonly headerRow: number;
  readonly header: readonly string[];
  /** Rows after the header, as many as the beginning of the file holds. */
  readonly sample: readonly (readonly string[])[];
  readonly recognised: Recognised;
};

/** Headers of a column of time, compared without case. */
const TIME_HEADERS = new Set([
  ...['time', 'timestamp', 'datetime', 'date time', 'date_time', 'date', 'utc'],
  ...[
    'zeit',
    'zeitstempel',
    'zeitpunkt',
    'datum',
    'datum/zeit',
    'datum/uhrzeit',
    'datum und uhrzeit',
    'uhrzeit',
  ],
  ...['时间', '日期', '日期时间', '数据时间', '采集时间', '统计时间', '时间戳'],
]);

/** Whether a header names the time by itself. */
export const isTimeHeader = (header: string): boolean => TIME_HEADERS.has(header.toLowerCase());

const SEPARATORS: readonly string[] = [',', ';', '\t', '|'];
const SEPARATOR_NAMES: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  '\\t': '\t',
  pipe: '|',
};
/** Where a header may stand at the latest, in rows. */
const MAX_PREAMBLE = 40;
/** Rows from which text columns and the decimal mark are told. */
const MAX_SAMPLE = 1_000;

type NumberedRow = { readonly record: readonly string[]; readonly line: number };

/** Rows of a text as far as it can be cut: the beginning of a file may end within quotes. */
const cut = (text: string, separator: string, most: number): readonly NumberedRow[] => {
  const rows: NumberedRow[] = [];
  try {
    parse(text, {
      ...cuttingOptions(separator),
      relax_quotes: true,
      to: most,
      on_record: (record: readonly string[], { lines }) => {
        rows.push({ record, line: lines });
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
  }
  return rows;
};

const recognise = (header: readonly string[], mapping: Mapping): Recognised | undefined => {
  if (isCityLearn(header)) return { preset: 'citylearn' };
  if (isHomeAssistant(header)) return { preset: 'home-assistant' };
  const report = fusionSolar(header);
  if (report !== undefined) return report;
  const isTime = (cell: string, i: number): boolean => {
    const target = mapping.get(cell) ?? mapping.get(`#${i + 1}`);
    return target === undefined ? isTimeHeader(cell) : target.is === 'time' || target.is === 'date';
  };
  return header.length > 1 && header.some(isTime) ? { preset: 'plain' } : undefined;
};

/** A header in words for a message. */
const shown = (lines: readonly string[]): string =>
  JSON.stringify(lines.find((line) => line.trim() !== '')?.slice(0, 80) ?? '');

/**
 * Finds separator, header and preset of a table.
 *
 * @param text the beginning of the file, whole lines
 */
export const dialectOf = (
  text: string,
  mapping: Mapping,
  option: string | undefined,
): Dialect | FileProblem => {
  const named = option === undefined ? undefined : (SEPARATOR_NAMES[option] ?? option);
  if (named?.length !== 1 && named !== undefined)
    return { code: 'bad-option', message: `--separator ${option}: one character, or tab` };
  const lines = text.split(/\r?\n/u);
  const rowsAfter = (headerRow: number, separator: string): readonly (readonly string[])[] =>
    cut(lines.slice(headerRow).join('\n'), separator, MAX_SAMPLE).map(({ record }) => record);

  const spot = sbfspot(lines);
  if (spot?.headerRow !== undefined && spot.header !== undefined) {
    const separator = named ?? spot.separator ?? ';';
    const { headerRow, header } = spot;
    return { separator, headerRow, header, sample: rowsAfter(headerRow, separator), recognised: spot };
  }
  const declared =
    /^sep=(.)\s*$/iu.exec(lines[0] ?? '')?.[1] ?? (/^sep=\t/iu.test(lines[0] ?? '') ? '\t' : undefined);
  const candidates = named !== undefined ? [named] : declared !== undefined ? [declared] : SEPARATORS;
  const start = declared === undefined ? 0 : 1;
  const found = candidates.flatMap((separator) => {
    for (const { record, line } of cut(lines.slice(start).join('\n'), separator, MAX_PREAMBLE)) {
      const recognised = recognise(record, mapping);
      if (recognised !== undefined) return [{ separator, record, headerRow: line + start, recognised }];
    }
    return [];
  });
  const [best] = found.toSorted((a, b) => b.record.length - a.record.length);
  if (best === undefined) {
    return {
      code: 'no-time',
      message: `no column of time was found in the first ${MAX_PREAMBLE} rows, which begin ${shown(lines)}`,
      remedy: "name it with --map 'HEADER=time', and the mark between cells with --separator",
    };
  }
  const { separator, record, headerRow, recognised } = best;
  return { separator, headerRow, header: record, sample: rowsAfter(headerRow, separator), recognised };
};
