import { parseDecimal, type Decimal } from './decimal.ts';

/** How numbers are written in a file. */
export type NumberForm = {
  readonly decimal: '.' | ',';
  /** Mark between groups of three digits; numbers with it are refused where it is not said. */
  readonly thousands?: string;
};

/** Texts that stand for no value. */
const MISSING = new Set([
  '',
  '-',
  '--',
  '---',
  'n/a',
  'na',
  'nan',
  '#n/a',
  'null',
  'none',
  'nil',
  'unavailable',
  'unknown',
  '无',
  '—',
]);

/** Whether a cell says that there is no value. */
export const isMissing = (cell: string): boolean => MISSING.has(cell) || MISSING.has(cell.toLowerCase());

/** Whether a cell is a number in one way of writing or another. */
export const looksNumeric = (cell: string): boolean =>
  /^[+-]?(?:0[xX][0-9a-fA-F]+|[\d.,'’\s]*\d[\d.,'’\s]*(?:[eE][+-]?\d+)?)$/u.test(cell);

const escaped = (mark: string): string => mark.replace(/[\\^$.*+?()[\]{}|]/gu, '\\$&');
const grouped = new Map<string, RegExp>();
const groupedIn = ({ decimal, thousands = '' }: NumberForm): RegExp => {
  const key = `${decimal}${thousands}`;
  const known = grouped.get(key);
  if (known !== undefined) return known;
  const pattern = new RegExp(
    `^[+-]?\\d{1,3}(?:${escaped(thousands)}\\d{3})+(?:${escaped(decimal)}\\d*)?$`,
    'u',
  );
  grouped.set(key, pattern);
  return pattern;
};

/** The number of a cell, or `undefined` where it is none in this form. */
export const numberIn = (cell: string, form: NumberForm): Decimal | undefined => {
  let text = cell;
  if (form.thousands !== undefined && cell.includes(form.thousands)) {
    if (!groupedIn(form).test(cell)) return undefined;
    text = cell.replaceAll(form.thousands, '');
  }
  if (form.decimal === ',') {
    if (text.includes('.')) return undefined;
    text = text.replace(',', '.');
  }
  return parseDecimal(text);
};

/** What to do about a cell that is no number in the form of the file. */
export const numberRemedy = (cell: string, form: NumberForm): string => {
  const other = form.decimal === '.' ? ',' : '.';
  if (/^[+-]?\d{1,3}([.,'’\s])\d{3}(?:\1\d{3})*(?:[.,]\d+)?$/u.test(cell))
    return `say --thousands or --decimal, whichever its mark is`;
  if (/^[+-]?\d+[.,]\d+$/u.test(cell)) return `say --decimal '${other}' if that is its decimal mark`;
  return 'correct it, or leave such rows out with --skip-invalid';
};

/**
 * The mark between whole and fraction, found in cells. A mark that only ever stands before three digits may group them: a comma
 * anywhere, a point where cells are separated by semicolons, as where commas are decimal marks.
 */
export const decimalMarkOf = (cells: Iterable<string>, separator: string): '.' | ',' | 'unclear' => {
  let [point, comma, pointOfThree, commaOfThree] = [false, false, false, false];
  for (const cell of cells) {
    if (/^[+-]?[1-9]\d{0,2}\.\d{3}$/u.test(cell)) pointOfThree = true;
    else if (/^[+-]?\d*\.\d+(?:[eE][+-]?\d+)?$/u.test(cell)) point = true;
    else if (/^[+-]?[1-9]\d{0,2},\d{3}$/u.test(cell)) commaOfThree = true;
    else if (/^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/u.test(cell)) comma = true;
    else if (/^[+-]?\d{1,3}(?:\.\d{3})+,\d+$/u.test(cell)) comma = true;
  }
  if (point) return '.';
  if (comma) return ',';
  return commaOfThree || (pointOfThree && separator === ';') ? 'unclear' : '.';
};
