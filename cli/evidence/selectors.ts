import type { Profile, Reading } from '@gridseal/protocol';
import { UsageError } from '../usage-error.ts';
import { momentOf, momentText } from './moment.ts';

/** How readings are named on the command line, for help and for sentences that refuse a name. */
export const SELECTOR_HELP = `
A SELECTOR names readings of the batch ('gridseal readings DIGEST' lists them); several add up:
  5                                              the reading with this index
  0-11                                           indexes from and to, both included
  active-power                                   every reading of a quantity
  active-power@2026-06-21T10:00Z                 of a quantity, at one time
  active-power@2026-06-21T10:00Z..2026-06-21T12:00+02:00   from and to, both included
  @2026-06-21T10:00Z..                           of every channel, from a time on
  2@..2026-06-21T10:00Z                          of channel number 2, until a time
  all                                            every reading`;

const INDEXES = /^(\d{1,6})(?:(?:-|\.\.)(\d{1,6}))?$/u;

type Select = (reading: Reading, index: number) => boolean;

const refuse = (selector: string, why: string): never => {
  throw new UsageError(`--readings ${selector}: ${why}`);
};

const channelsNamed = (selector: string, name: string, profile: Profile | undefined): ReadonlySet<number> => {
  if (/^\d{1,10}$/u.test(name)) return new Set([Number(name)]);
  const known = profile?.channels ?? [];
  const named = known.filter(({ quantity }) => quantity === name).map(({ channel }) => channel);
  if (named.length > 0) return new Set(named);
  const have = known.map(({ channel, quantity }) => `${quantity} (channel ${channel})`).join(', ');
  return refuse(
    selector,
    have === ''
      ? `the service does not know the names of the channels; name one by its number (1@)`
      : `the batch has no ${name}; it has ${have}`,
  );
};

const timeIn = (selector: string, text: string): bigint =>
  momentOf(text) ??
  refuse(
    selector,
    `${text} is no time: expected date, time and distance from UTC, 2026-06-21T10:00Z or 2026-06-21T12:00+02:00`,
  );

const timesNamed = (selector: string, text: string): Select => {
  if (text === '') return () => true;
  const [from = '', to, ...more] = text.split('..');
  if (more.length > 0) refuse(selector, "expected one time, or two with '..' between");
  const first = from === '' ? undefined : timeIn(selector, from);
  const last = to === undefined ? first : to === '' ? undefined : timeIn(selector, to);
  if (first !== undefined && last !== undefined && last < first) refuse(selector, 'it ends before it begins');
  return ({ timeMs }) => (first === undefined || timeMs >= first) && (last === undefined || timeMs <= last);
};

const parse = (selector: string, count: number, profile: Profile | undefined): Select => {
  if (selector === 'all') return () => true;
  const indexes = INDEXES.exec(selector);
  if (indexes !== null) {
    const first = Number(indexes[1]);
    const last = Number(indexes[2] ?? indexes[1]);
    if (last < first) refuse(selector, 'it ends before it begins');
    if (last >= count) refuse(selector, `the batch has ${count} readings, 0 to ${count - 1}`);
    return (_reading, index) => index >= first && index <= last;
  }
  const at = selector.indexOf('@');
  const name = at === -1 ? selector : selector.slice(0, at);
  const channels = name === '' ? undefined : channelsNamed(selector, name, profile);
  const within = timesNamed(selector, at === -1 ? '' : selector.slice(at + 1));
  return (reading, index) =>
    (channels === undefined || channels.has(reading.channel)) && within(reading, index);
};

const spanOf = (readings: readonly Reading[]): string => {
  const times = readings.map(({ timeMs }) => timeMs).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const [first, last] = [times[0], times.at(-1)];
  return first === undefined || last === undefined
    ? 'nothing'
    : `${momentText(first)} to ${momentText(last)}`;
};

/**
 * Indexes of the readings that any of the selectors names, ascending.
 *
 * @param profile what the channels are called, when the service knows it
 * @throws UsageError for a selector that is none, or that names no reading of the batch
 * @example indexesNamed(['active-power@2026-06-21T10:00Z..'], readings, profile)
 */
export const indexesNamed = (
  selectors: readonly string[],
  readings: readonly Reading[],
  profile: Profile | undefined,
): readonly number[] => {
  const chosen = new Set<number>();
  for (const selector of selectors) {
    const select = parse(selector, readings.length, profile);
    const found = [...readings.keys()].filter((index) => {
      const reading = readings[index];
      return reading !== undefined && select(reading, index);
    });
    if (found.length === 0)
      refuse(selector, `no reading is meant; the batch has ${readings.length}, of ${spanOf(readings)}`);
    for (const index of found) chosen.add(index);
  }
  return [...chosen].toSorted((a, b) => a - b);
};
