import { offsetMinutes, timeOfFields, TimeRefusal, type WrittenTime } from './written-time.ts';

type Field =
  | 'year'
  | 'shortYear'
  | 'month'
  | 'day'
  | 'hour'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'half'
  | 'offset';

/** Letters as in Unicode's date patterns (UTS 35); `YYYY` and `DD` as some libraries write them. */
const TOKENS: readonly (readonly [string, Field, string])[] = [
  ['yyyy', 'year', '\\d{4}'],
  ['YYYY', 'year', '\\d{4}'],
  ['yy', 'shortYear', '\\d{2}'],
  ['YY', 'shortYear', '\\d{2}'],
  ['MM', 'month', '\\d{2}'],
  ['M', 'month', '\\d{1,2}'],
  ['dd', 'day', '\\d{2}'],
  ['DD', 'day', '\\d{2}'],
  ['d', 'day', '\\d{1,2}'],
  ['D', 'day', '\\d{1,2}'],
  ['HH', 'hour', '\\d{2}'],
  ['H', 'hour', '\\d{1,2}'],
  ['hh', 'hour12', '\\d{2}'],
  ['h', 'hour12', '\\d{1,2}'],
  ['mm', 'minute', '\\d{2}'],
  ['m', 'minute', '\\d{1,2}'],
  ['ss', 'second', '\\d{2}'],
  ['s', 'second', '\\d{1,2}'],
  ['SSSSSS', 'fraction', '\\d{6}'],
  ['SSS', 'fraction', '\\d{3}'],
  ['a', 'half', '[AaPp]\\.?[Mm]\\.?'],
  ['XXX', 'offset', 'Z|[+-]\\d{2}:\\d{2}'],
  ['XX', 'offset', 'Z|[+-]\\d{4}'],
];

/** The directives of strftime that say the same. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  Y: 'yyyy',
  y: 'yy',
  m: 'MM',
  d: 'dd',
  H: 'HH',
  I: 'hh',
  M: 'mm',
  S: 'ss',
  f: 'SSSSSS',
  p: 'a',
  z: 'XX',
};

type Piece = { readonly field: Field; readonly pattern: string } | { readonly literal: string };

const piecesOf = (format: string): readonly Piece[] | undefined => {
  const pieces: Piece[] = [];
  for (let at = 0; at < format.length;) {
    const rest = format.slice(at);
    const quoted = /^'([^']*)'/u.exec(rest);
    const token = TOKENS.find(([letters]) => rest.startsWith(letters));
    if (quoted !== null) {
      pieces.push({ literal: quoted[1] ?? '' });
      at += quoted[0].length;
    } else if (token !== undefined) {
      pieces.push({ field: token[1], pattern: token[2] });
      at += token[0].length;
    } else {
      const [literal = ''] = rest;
      if (/[A-Za-z]/u.test(literal) && literal !== 'T') return undefined;
      pieces.push({ literal });
      at += literal.length;
    }
  }
  return pieces;
};

/** Reads times of one form. */
export type DateFormat = (text: string) => WrittenTime | TimeRefusal;

/**
 * The reader of times of a form: `dd.MM.yyyy HH:mm`, `M/d/yy h:mm a`, `%Y-%m-%d %H:%M:%S`. What the form leaves out of the time of
 * day is zero; a date must be there whole.
 *
 * @returns `undefined` for a form that is not understood or names no whole date
 */
export const dateFormat = (format: string): DateFormat | undefined => {
  const plain = format.includes('%')
    ? format.replace(/%([A-Za-z])/gu, (all, name: string) => DIRECTIVES[name] ?? all)
    : format;
  const pieces = plain.includes('%') ? undefined : piecesOf(plain);
  if (pieces === undefined) return undefined;
  const fields = pieces.flatMap((piece) => ('field' in piece ? [piece.field] : []));
  const has = (field: Field): boolean => fields.includes(field);
  const isWhole = (has('year') || has('shortYear')) && has('month') && has('day');
  if (!isWhole || new Set(fields).size !== fields.length || has('hour12') !== has('half')) return undefined;
  const source = pieces.map((piece) =>
    'field' in piece
      ? `(?<${piece.field}>${piece.pattern})`
      : piece.literal.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&'),
  );
  const pattern = new RegExp(`^${source.join('')}$`, 'u');
  return (text) => {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined)
      return new TimeRefusal(
        'bad-time',
        `${JSON.stringify(text)} is not written as ${JSON.stringify(format)}`,
      );
    const number = (field: Field): number => Number(groups[field] ?? '0');
    const offset = groups.offset === undefined ? undefined : offsetMinutes(groups.offset);
    const isAfternoon = groups.half?.toLowerCase().startsWith('p') === true;
    const twelve = number('hour12');
    if (Number.isNaN(offset) || (has('hour12') && (twelve < 1 || twelve > 12)))
      return new TimeRefusal(
        'bad-time',
        `${JSON.stringify(text)} has an hour or an offset that no clock keeps`,
      );
    return timeOfFields(text, {
      year: has('year') ? number('year') : 2000 + number('shortYear'),
      month: number('month'),
      day: number('day'),
      hour: has('hour12') ? (twelve % 12) + (isAfternoon ? 12 : 0) : number('hour'),
      minute: number('minute'),
      second: number('second'),
      fraction: groups.fraction ?? '',
      offset,
    });
  };
};
