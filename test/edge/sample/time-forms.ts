const HOUR_MS = 3_600_000;

/** Offset of Berlin's clocks in 2024, by the rule of the Union and not by the code under test. */
export const berlinOffset = (ms: number): number =>
  ms >= Date.UTC(2024, 2, 31, 1) && ms < Date.UTC(2024, 9, 27, 1) ? 2 * HOUR_MS : HOUR_MS;

const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
const two = (value: number): string => String(value).padStart(2, '0');

/** A way to write times, and the options that name it. */
export type TimeForm = {
  readonly name: string;
  readonly write: (ms: number) => string;
  readonly options: { readonly timezone?: string; readonly dateFormat?: string };
};

const german = (ms: number): string => {
  const wall = new Date(ms + berlinOffset(ms));
  return `${two(wall.getUTCDate())}.${two(wall.getUTCMonth() + 1)}.${wall.getUTCFullYear()} ${two(wall.getUTCHours())}:${two(wall.getUTCMinutes())}`;
};

const american = (ms: number): string => {
  const wall = new Date(ms - 6 * HOUR_MS);
  const hour = wall.getUTCHours();
  return `${wall.getUTCMonth() + 1}/${wall.getUTCDate()}/${wall.getUTCFullYear()} ${hour % 12 === 0 ? 12 : hour % 12}:${two(wall.getUTCMinutes())} ${hour < 12 ? 'AM' : 'PM'}`;
};

export const TIME_FORMS: readonly TimeForm[] = [
  { name: 'ISO Z', write: (ms) => `${iso(ms)}Z`, options: {} },
  { name: 'ISO +05:30', write: (ms) => `${iso(ms + 5.5 * HOUR_MS)}+05:30`, options: {} },
  {
    name: 'ISO -0330 with blank',
    write: (ms) => `${iso(ms - 3.5 * HOUR_MS).replace('T', ' ')}-03:30`,
    options: {},
  },
  { name: 'Unix seconds', write: (ms) => String(ms / 1_000), options: {} },
  { name: 'Unix milliseconds', write: String, options: {} },
  {
    name: 'local ISO, Berlin',
    write: (ms) => iso(ms + berlinOffset(ms)).replace('T', ' '),
    options: { timezone: 'Europe/Berlin' },
  },
  {
    name: 'local ISO, Shanghai',
    write: (ms) => iso(ms + 8 * HOUR_MS).slice(0, 16),
    options: { timezone: 'Asia/Shanghai' },
  },
  {
    name: 'dd.MM.yyyy, Berlin',
    write: german,
    options: { timezone: 'Europe/Berlin', dateFormat: 'dd.MM.yyyy HH:mm' },
  },
  {
    name: 'M/d/yyyy h:mm a, Regina',
    write: american,
    options: { timezone: 'America/Regina', dateFormat: 'M/d/yyyy h:mm a' },
  },
];
