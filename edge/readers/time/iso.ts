import { isPlausible, offsetMinutes, timeOfFields, TimeRefusal, type WrittenTime } from './written-time.ts';

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(Z|z|[+-]\d{2}(?::?\d{2})?))?$/u;
const NUMBER = /^\d+(?:\.(\d+))?$/u;
const FORMAT = 'name the form with --date-format';

/** What a number in the time column is likely to be, other than Unix time. */
const nameOfNumber = (whole: string): string => {
  if (whole.length === 5) return 'looks like the serial date of a spreadsheet: export times as text';
  if (whole.length === 8) return `looks like a date without a time: ${FORMAT} 'yyyyMMdd'`;
  if (whole.length === 12) return `looks like digits of a date: ${FORMAT} 'yyyyMMddHHmm'`;
  if (whole.length === 14) return `looks like digits of a date: ${FORMAT} 'yyyyMMddHHmmss'`;
  if (whole.length >= 15 && whole.length <= 17) return 'looks like microseconds: divide by 1000';
  if (whole.length >= 18) return 'looks like nanoseconds: divide by 1000000';
  return 'is in no plausible range';
};

const unixTime = (text: string, whole: string, fraction: string): WrittenTime | TimeRefusal => {
  const seconds = Number(whole);
  // The ranges of seconds and of milliseconds from 2000 to 2100 have no number in common.
  if (whole.length >= 9 && whole.length <= 10 && isPlausible(seconds * 1_000)) {
    if (/[1-9]/u.test(fraction.slice(3)))
      return new TimeRefusal(
        'bad-time',
        `${JSON.stringify(text)} is finer than a millisecond, which readings cannot hold`,
      );
    return { kind: 'instant', ms: seconds * 1_000 + Number(fraction.slice(0, 3).padEnd(3, '0')) };
  }
  if (whole.length >= 12 && whole.length <= 13 && isPlausible(seconds) && /^0*$/u.test(fraction))
    return { kind: 'instant', ms: seconds };
  return new TimeRefusal(
    'bad-time',
    `${JSON.stringify(text)} is neither Unix seconds nor milliseconds; it ${nameOfNumber(whole)}`,
  );
};

/** What may have been meant by a text that is no time in ISO 8601. */
const remedyOf = (text: string): string => {
  const clock = /:\d{2}:\d{2}/u.test(text) ? 'HH:mm:ss' : 'HH:mm';
  if (/^\d{1,2}\.\d{1,2}\.\d{4}/u.test(text)) return `${FORMAT} 'dd.MM.yyyy ${clock}'`;
  if (/^\d{1,2}\/\d{1,2}\/\d{4}/u.test(text))
    return `${FORMAT} 'dd/MM/yyyy ${clock}' or 'MM/dd/yyyy ${clock}', whichever it is`;
  if (/^\d{4}\/\d{1,2}\/\d{1,2}/u.test(text)) return `${FORMAT} 'yyyy/MM/dd ${clock}'`;
  if (/^\d{4}-\d{2}-\d{2}$/u.test(text)) return `${FORMAT} 'yyyy-MM-dd' if midnight is meant`;
  return `write ISO 8601 with an offset, as 2024-01-15T10:00:00+01:00, or ${FORMAT}`;
};

/**
 * Reads ISO 8601 (date and time of day, with or without offset) and Unix seconds or milliseconds from 2000 to 2100.
 *
 * @example readIsoOrUnix('2024-01-15T10:00:00+01:00')
 */
export const readIsoOrUnix = (text: string): WrittenTime | TimeRefusal => {
  const iso = ISO.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = iso;
    const offset = zone === undefined ? undefined : offsetMinutes(zone);
    if (Number.isNaN(offset))
      return new TimeRefusal('bad-time', `${JSON.stringify(text)} has no offset that any clock keeps`);
    return timeOfFields(text, {
      year: Number(year),
      month: Number(month),
      day: Number(day),
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
      fraction,
      offset,
    });
  }
  const number = NUMBER.exec(text);
  if (number !== null) return unixTime(text, text.split('.')[0] ?? '', number[1] ?? '');
  return new TimeRefusal('bad-time', `${JSON.stringify(text)} is no time in ISO 8601`, remedyOf(text));
};
