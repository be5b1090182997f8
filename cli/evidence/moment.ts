/** A date, or a date and a time with its distance from UTC: what one person writes and another reads alike. */
const FORM = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:\d\d)$/iu;

const offsetMs = (zone: string): number => {
  if (zone.toUpperCase() === 'Z') return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
};

/**
 * Unix milliseconds of an ISO 8601 time with its offset, `2026-06-21T10:00Z` or `2026-06-21T12:00:00.5+02:00`; undefined for
 * any other text and for days and times that no calendar has.
 */
export const momentOf = (text: string): bigint | undefined => {
  const found = FORM.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '0', zone = ''] = found;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  const ms = Date.UTC(y, mo - 1, d, h, mi, s, Number(fraction.padEnd(3, '0')));
  const read = new Date(ms);
  const isReal =
    read.getUTCMonth() === mo - 1 && read.getUTCDate() === d && h < 24 && mi < 60 && s < 60 && y >= 100;
  return isReal ? BigInt(ms - offsetMs(zone)) : undefined;
};

/** A time in UTC as {@link momentOf} reads it; parts of a second only where there are some. */
export const momentText = (timeMs: bigint): string =>
  new Date(Number(timeMs)).toISOString().replace('.000Z', 'Z');
