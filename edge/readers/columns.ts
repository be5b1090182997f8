import type { Profile } from '@gridseal/protocol';
import type { FileProblem } from './file-error.ts';
import type { Mapping, Target } from './mapping.ts';
import { isMissing, looksNumeric } from './number-form.ts';
import type { LeftOutColumn, PlannedChannel } from './plan.ts';
import { quantityOf } from './quantities.ts';
import { unitInHeader } from './units.ts';

const SIGN = 'as recorded';
const WITH_UNIT = /^(?<words>.*?)\s*[[(]\s*(?<unit>[^[\]()]+?)\s*[\])]$/u;
const FULL_WIDTH: Readonly<Record<string, string>> = {
  '（': '(',
  '）': ')',
  '【': '[',
  '】': ']',
  '［': '[',
  '］': ']',
  '〔': '[',
  '〕': ']',
};

/** A header with brackets of ASCII, whatever its author's keyboard has. */
const narrowed = (header: string): string =>
  header.replace(/[（）【】［］〔〕]/gu, (mark) => FULL_WIDTH[mark] ?? mark);

const quoted = (text: string): string => `'${text}'`;

/** A guess at what could be mapped, as a command that is right but for the words in capitals. */
const mapRemedy = (header: string, place: number, quantity = quantityOf(header), unit = 'UNIT'): string => {
  const column = header === '' ? `#${place}` : header;
  return `say what it is, as --map ${quoted(`${column}=${quantity ?? 'QUANTITY'}:${unit}`)}, or leave it out with --map ${quoted(`${column}=ignore`)}`;
};

/** `power_kw` and `kwh`: what the end of a header may mean; for the remedy, never taken by itself. */
const guessOf = (header: string): { readonly quantity?: string; readonly unit?: string } => {
  const words = header.split(/[_\s./-]+/u);
  const unit = unitInHeader(words.at(-1) ?? '', header);
  if (unit === undefined) return {};
  const quantity = quantityOf(words.slice(0, -1).join(' ')) ?? (unit.endsWith('h') ? 'energy' : undefined);
  return quantity === undefined ? { unit } : { quantity, unit };
};

type Named = { readonly quantity: string; readonly unit: string; readonly decimals?: number };

/** What a header says that its column is, or why it does not say it. */
const namedBy = (
  header: string,
  place: number,
  units: Readonly<Record<string, string>>,
): Named | FileProblem => {
  const row = { column: header === '' ? `#${place}` : header };
  const { words = '', unit: spelling } = WITH_UNIT.exec(narrowed(header))?.groups ?? {};
  const known = units[header];
  if (spelling === undefined && known === undefined) {
    const guess = guessOf(header);
    return {
      ...row,
      code: 'no-unit',
      message: 'the header names no unit',
      remedy: mapRemedy(header, place, guess.quantity, guess.unit),
    };
  }
  const unit = known ?? unitInHeader(spelling ?? '', header);
  const quantity = quantityOf(known === undefined ? words : header);
  if (unit === undefined) {
    const message = `${JSON.stringify(spelling)} is no unit that is known`;
    return { ...row, code: 'unknown-unit', message, remedy: mapRemedy(header, place, quantity) };
  }
  if (quantity === undefined) {
    const message = 'the header names no quantity that is known';
    return { ...row, code: 'unknown-quantity', message, remedy: mapRemedy(header, place, undefined, unit) };
  }
  return { quantity, unit };
};

/** What the first rows of a column hold. */
const kindOf = (cells: readonly string[]): 'numbers' | 'text' | 'empty' => {
  const values = cells.filter((cell) => !isMissing(cell));
  if (values.some(looksNumeric)) return 'numbers';
  return values.length === 0 ? 'empty' : 'text';
};

/** Finds what `--map` says of a column. */
export const targetOf = (mapping: Mapping, header: string, place: number): Target | undefined =>
  mapping.get(`#${place}`) ?? mapping.get(header);

/** Problems of `--map` options that name no column, or one of several with one name. */
export const strayTargets = (mapping: Mapping, header: readonly string[]): readonly FileProblem[] =>
  [...mapping.keys()].flatMap((name): readonly FileProblem[] => {
    const place = /^#(\d+)$/u.exec(name)?.[1];
    if (place !== undefined && Number(place) >= 1 && Number(place) <= header.length) return [];
    const places = header.flatMap((column, i) => (column === name ? [`#${i + 1}`] : []));
    if (places.length === 1) return [];
    const message =
      places.length === 0
        ? `--map ${quoted(name)}: the file has no such column; it has ${header.map((column) => JSON.stringify(column)).join(', ')}`
        : `--map ${quoted(name)}: ${places.length} columns have that name`;
    return [
      {
        code: 'bad-option',
        message,
        ...(places.length === 0 ? {} : { remedy: `name each by its place: ${places.join(', ')}` }),
      },
    ];
  });

/** Gives channels their numbers: those of the enrolment, where there is one that has them. */
export const numbered = (
  found: readonly Omit<PlannedChannel, 'channel'>[],
  profile: Profile | undefined,
): { readonly channels: readonly PlannedChannel[]; readonly problems: readonly FileProblem[] } => {
  const problems: FileProblem[] = [];
  const channels: PlannedChannel[] = [];
  const byQuantity = new Map<string, { readonly column: string; readonly index: number }>();
  for (const [i, one] of found.entries()) {
    const { column, index, quantity, unit } = one;
    const other = byQuantity.get(quantity);
    if (other !== undefined) {
      problems.push({
        code: 'same-channel',
        column,
        message: `columns ${other.index + 1} (${JSON.stringify(other.column)}) and ${index + 1} (${JSON.stringify(column)}) would both be ${quantity}`,
        remedy: `name one of them otherwise or leave it out: --map '#${index + 1}=ignore'`,
      });
      continue;
    }
    byQuantity.set(quantity, one);
    if (profile === undefined) {
      channels.push({ ...one, channel: i + 1 });
      continue;
    }
    const enrolled = profile.channels.find((each) => each.quantity === quantity);
    if (enrolled === undefined) {
      problems.push({
        code: 'not-in-profile',
        column,
        message: `${quantity} is no channel of the enrolment, which has ${profile.channels.map((each) => each.quantity).join(', ')}`,
        remedy: `map it to one of them, leave it out with --map '${column}=ignore', or enrol a new key that has it (gridseal device rotate)`,
      });
    } else if (enrolled.unit !== unit) {
      problems.push({
        code: 'not-in-profile',
        column,
        message: `${quantity} is in ${unit} here and in ${enrolled.unit} in the enrolment`,
        remedy: 'convert the file, or enrol a new key with the other unit (gridseal device rotate)',
      });
    } else {
      const { channel, scale, sign } = enrolled;
      channels.push({ ...one, channel, scale, sign });
    }
  }
  return { channels, problems };
};

/** The channels of a table with a column for each, and what is wrong with its header. */
export const channelsOf = (options: {
  readonly header: readonly string[];
  readonly sample: readonly (readonly string[])[];
  readonly mapping: Mapping;
  /** Places that carry the time, from 0. */
  readonly time: readonly number[];
  readonly units: Readonly<Record<string, string>>;
}): {
  readonly found: readonly Omit<PlannedChannel, 'channel'>[];
  readonly leftOut: readonly LeftOutColumn[];
  readonly problems: readonly FileProblem[];
} => {
  const { header, sample, mapping, time, units } = options;
  const found: Omit<PlannedChannel, 'channel'>[] = [];
  const leftOut: LeftOutColumn[] = [];
  const problems: FileProblem[] = [];
  for (const [index, column] of header.entries()) {
    if (time.includes(index)) continue;
    const target = targetOf(mapping, column, index + 1);
    if (target?.is === 'ignored') {
      leftOut.push({ column, index, reason: 'ignored' });
      continue;
    }
    const kind = kindOf(sample.map((cells) => cells[index] ?? ''));
    const named = target?.is === 'channel' ? target : namedBy(column, index + 1, units);
    if ('code' in named) {
      // A trailing separator makes a column without a name and without values.
      if (kind === 'numbers') problems.push(named);
      else leftOut.push({ column, index, reason: kind });
      continue;
    }
    const { quantity, unit, decimals } = named;
    const scale = decimals === undefined ? {} : { scale: decimals === 0 ? 0 : -decimals };
    found.push({ column, index, quantity, unit, sign: SIGN, ...scale });
  }
  return { found, leftOut, problems };
};
