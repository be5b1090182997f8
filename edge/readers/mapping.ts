import type { FileProblem } from './file-error.ts';
import { unitOf, UNIT_CODES } from './units.ts';

/** What a column is, as `--map` says it. */
export type Target =
  | { readonly is: 'time' | 'date' | 'time-of-day' | 'ignored' }
  | {
      readonly is: 'channel';
      readonly quantity: string;
      readonly unit: string;
      /** Decimals that the channel keeps; without it as many as are written. */
      readonly decimals?: number;
    };

/** What each named column is, by header or by `#3`, its place from 1. */
export type Mapping = ReadonlyMap<string, Target>;

const QUANTITY = /^[a-z0-9]+(?:-[a-z0-9]+)*$/u;
const ROLES: Readonly<Record<string, 'time' | 'date' | 'time-of-day' | 'ignored'>> = {
  time: 'time',
  date: 'date',
  'time-of-day': 'time-of-day',
  ignore: 'ignored',
  '-': 'ignored',
};
const FORM = "expected --map 'HEADER=quantity:unit', 'HEADER=time' or 'HEADER=ignore'";

const targetOf = (text: string): Target | string => {
  const role = ROLES[text];
  if (role !== undefined) return { is: role };
  const [quantity = '', spelling, decimals, more] = text.split(':');
  if (spelling === undefined || more !== undefined) return FORM;
  if (!QUANTITY.test(quantity))
    return `${JSON.stringify(quantity)} is no quantity: lower-case words joined by hyphens, as active-power`;
  const unit = unitOf(spelling);
  if (unit === undefined) return `${JSON.stringify(spelling)} is no unit: one of ${UNIT_CODES.join(', ')}`;
  if (decimals === undefined) return { is: 'channel', quantity, unit };
  if (!/^(?:\d|1[0-8])$/u.test(decimals)) return `${JSON.stringify(decimals)} are no decimals: 0 to 18`;
  return { is: 'channel', quantity, unit, decimals: Number(decimals) };
};

/** Reads `--map` options, all mistakes at once. A later one of the same column wins. */
export const mappingOf = (
  options: readonly string[],
): { readonly mapping: Mapping; readonly problems: readonly FileProblem[] } => {
  const mapping = new Map<string, Target>();
  const problems: FileProblem[] = [];
  for (const option of options) {
    const at = option.lastIndexOf('=');
    const target = at < 0 ? FORM : targetOf(option.slice(at + 1).trim());
    if (typeof target === 'string')
      problems.push({ code: 'bad-option', message: `--map '${option}': ${target}` });
    else mapping.set(option.slice(0, at).trim(), target);
  }
  return { mapping, problems };
};
