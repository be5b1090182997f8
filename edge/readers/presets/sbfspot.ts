import type { Recognised } from './preset.ts';

const FIRST = 'Version CSV1|Tool SBFspot';
const SEPARATORS: Readonly<Record<string, string>> = { semicolon: ';', comma: ',', tab: '\t' };

const wordAfter = (line: string, word: string): string | undefined =>
  new RegExp(`${word} (\\w+)`, 'u').exec(line)?.[1]?.toLowerCase();

/**
 * An export of SBFspot for inverters of SMA: a line that names its marks, lines with device, model, serial, name and kind of each
 * column, and a line with the form of the time and the units.
 *
 * @param lines of the beginning of the file
 */
export const sbfspot = (lines: readonly string[]): Recognised | undefined => {
  const version = lines.findIndex((line) => line.startsWith(FIRST));
  if (version < 0 || version > 3) return undefined;
  const about = lines[version] ?? '';
  const separator = SEPARATORS[wordAfter(about, 'Delimiter') ?? ''] ?? ';';
  const form = lines.findIndex((line, i) => i > version && /^[dMy]{1,4}[^\w]/u.test(line));
  if (form < 0) return undefined;
  const cellsOf = (line: string | undefined): readonly string[] =>
    (line ?? '').split(separator).map((cell) => cell.trim());
  const [dateFormat = '', ...units] = cellsOf(lines[form]);
  const above = lines.slice(version + 1, form).filter((line) => line.startsWith(separator));
  const names = cellsOf(above.at(-2)).slice(1);
  const serials = cellsOf(above[2]).slice(1);
  const isOne = new Set(serials.filter((serial) => serial !== '')).size <= 1;
  const header = units.map((unit, i) => {
    const name = names[i] ?? '';
    return `${isOne ? name : `${name} ${serials[i] ?? ''}`.trim()} (${unit})`;
  });
  return {
    preset: 'sbfspot',
    separator,
    decimal: wordAfter(about, 'Decimalpoint') === 'comma' ? ',' : '.',
    dateFormat,
    headerRow: form + 1,
    header: [dateFormat, ...header],
    time: dateFormat,
  };
};
