/** A time as text says it: an instant, or what a wall clock showed (as if it were UTC). Unix milliseconds. */
export type WrittenTime = { readonly kind: 'instant' | 'wall'; readonly ms: number };

/** Fields of a date and a time of day. */
export type TimeFields = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Digits after the decimal sign of the seconds. */
  readonly fraction: string;
  /** Minutes east of Greenwich; without it a wall clock's time. */
  readonly offset?: number | undefined;
};

/** What a time cannot be, with the reason in words. */
export class TimeRefusal {
  readonly code: 'bad-time' | 'local-time' | 'implausible-time';
  readonly message: string;
  readonly remedy: string | undefined;

  constructor(code: TimeRefusal['code'], message: string, remedy?: string) {
    this.code = code;
    this.message = message;
    this.remedy = remedy;
  }
}

/** Measurements before are a clock that was not set, and after a mistake of units. */
const [FLOOR_MS, CEILING_MS] = [Date.UTC(2000, 0, 1), Date.UTC(2100, 0, 1)];

/** Whether an instant can be that of a measurement. */
export const isPlausible = (ms: number): boolean => ms >= FLOOR_MS && ms < CEILING_MS;

/** The time of fields, or why there is none. Digits beyond milliseconds are refused unless they are zeros. */
export const timeOfFields = (text: string, fields: TimeFields): WrittenTime | TimeRefusal => {
  const { year, month, day, hour, minute, second, fraction, offset } = fields;
  const quoted = JSON.stringify(text);
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    return new TimeRefusal('bad-time', `${quoted} is no date: there is no such day`);
  if (hour > 23 || minute > 59 || second > 59)
    return new TimeRefusal(
      'bad-time',
      `${quoted} is no time of day: hours end at 23, minutes and seconds at 59`,
    );
  if (/[1-9]/u.test(fraction.slice(3)))
    return new TimeRefusal('bad-time', `${quoted} is finer than a millisecond, which readings cannot hold`);
  const clock = ((hour * 60 + minute) * 60 + second) * 1_000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  const wall = date.getTime() + clock;
  const ms = wall - (offset ?? 0) * 60_000;
  if (!isPlausible(ms))
    return new TimeRefusal(
      'implausible-time',
      `${quoted} is not between the years 2000 and 2100: was the clock set?`,
    );
  return { kind: offset === undefined ? 'wall' : 'instant', ms };
};

const OFFSET = /^(?:Z|([+-])(\d{2}):?(\d{2})?)$/iu;

/** Minutes of an offset as `Z`, `+01:00`, `+0100` or `+01`; NaN for what is none. */
export const offsetMinutes = (text: string): number => {
  const match = OFFSET.exec(text);
  if (match === null) return Number.NaN;
  const [, sign, hours = '0', minutes = '0'] = match;
  const size = Number(hours) * 60 + Number(minutes);
  if (Number(minutes) > 59 || size > 14 * 60) return Number.NaN;
  return sign === '-' ? -size : size;
};
