import { join } from 'node:path';
import type { Reading } from '@gridseal/protocol';
import { isBefore, type ChainPlace } from '../spool/chain-head.ts';
import { nodeDisk, type Disk } from '../spool/disk.ts';
import { readJsonLines } from '../spool/json-lines.ts';
import { keyOf, openSignedDays, type Measured } from './signed-days.ts';

/**
 * What became of a reading: kept, and `late` where its channel had a later one already; `repeated` when the very reading is
 * known; `conflicting` when its channel has another value of that time, which stands.
 */
export type Taken = 'kept' | 'late' | 'repeated' | 'conflicting';

/** Readings that were taken over from a source and are in no signed batch yet, on disk. */
export type Journal = {
  /** Makes readings durable that are not known: one is told from another by its channel and time. When it fails, none was taken. */
  readonly append: (readings: readonly Reading[]) => Promise<readonly Taken[]>;
  /** What waits for a batch, in the order it came. */
  readonly waiting: () => readonly Reading[];
  /** Notes that waiting readings are about to be signed under a number; what was noted for that number before is void. */
  readonly willSign: (readings: readonly Reading[], place: ChainPlace) => Promise<void>;
  /** Forgets readings that are in a signed batch: at once, and on disk when it resolves. */
  readonly forget: (signed: readonly Reading[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Lines of readings from the first to the last, counted from 0. */
type Range = readonly [number, number];
type Place = { readonly boot: number; readonly sequence: string };
type Times = Readonly<Record<string, string>>;
type Line =
  | { readonly timeMs: string; readonly channel: number; readonly quality: number; readonly value: string }
  | { readonly newest: Times }
  | { readonly signing: Place & { readonly lines: readonly Range[] } };
/** Lines of the form that was written before, in which a reading was known by being no later than another. */
type EarlierLine = { readonly last: Times } | { readonly signing: Place & { readonly through: Times } };

const lineOf = ({ timeMs, channel, quality, value }: Reading): string =>
  `${JSON.stringify({ timeMs: String(timeMs), channel, quality, value: String(value) })}\n`;

const rangesOf = (lines: readonly number[]): readonly Range[] => {
  const ranges: [number, number][] = [];
  for (const line of lines.toSorted((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open?.[1] === line - 1) open[1] = line;
    else ranges.push([line, line]);
  }
  return ranges;
};

const isWithin = (line: number, ranges: readonly Range[]): boolean =>
  ranges.some(([from, to]) => line >= from && line <= to);

type Replayed = {
  readonly waiting: Reading[];
  readonly signed: Reading[];
  readonly newest: Map<number, bigint>;
};

const replay = (lines: readonly (Line | EarlierLine)[], next: ChainPlace): Replayed => {
  const readings: Reading[] = [];
  const newest = new Map<number, bigint>();
  /** Of each number, what was noted last: what was noted before it could not be written. */
  const noted = new Map<string, (reading: Reading, line: number) => boolean>();
  const know = (times: Times): void => {
    for (const [channel, timeMs] of Object.entries(times)) newest.set(Number(channel), BigInt(timeMs));
  };
  for (const line of lines) {
    if ('newest' in line) know(line.newest);
    else if ('last' in line) know(line.last);
    else if ('signing' in line) {
      const { boot, sequence } = line.signing;
      if (!isBefore({ boot, sequence: BigInt(sequence) }, next)) continue;
      const count = readings.length;
      if ('lines' in line.signing) {
        const ranges = line.signing.lines;
        noted.set(`${boot}:${sequence}`, (_reading, at) => at < count && isWithin(at, ranges));
      } else {
        const { through } = line.signing;
        noted.set(
          `${boot}:${sequence}`,
          ({ channel, timeMs }, at) => at < count && timeMs <= BigInt(through[channel] ?? '-1'),
        );
      }
    } else {
      const { timeMs, channel, quality, value } = line;
      readings.push({ timeMs: BigInt(timeMs), channel, quality, value: BigInt(value) });
      if (BigInt(timeMs) > (newest.get(channel) ?? -1n)) newest.set(channel, BigInt(timeMs));
    }
  }
  const isSigned = (reading: Reading, at: number): boolean =>
    [...noted.values()].some((holds) => holds(reading, at));
  return {
    newest,
    signed: readings.filter(isSigned),
    waiting: readings.filter((reading, at) => !isSigned(reading, at)),
  };
};

const noop = (): void => undefined;

/**
 * Opens the journal of a folder: one JSON line a reading, appended and synced; written again without what was signed. What was
 * signed stays known by channel and time, in files of a day each, so that what a broker sends again is told however late it
 * comes, and what merely comes late is kept.
 *
 * @param next the number that the station signs next: readings noted for one before it are signed, and forgotten
 * @throws Error when a line other than the last is damaged
 */
export const openJournal = async (
  folder: string,
  next: ChainPlace,
  disk: Disk = nodeDisk,
): Promise<Journal> => {
  const file = join(folder, 'journal.jsonl');
  const days = openSignedDays(join(folder, 'signed'), disk);
  const replayed = replay((await readJsonLines(file, disk)) as readonly (Line | EarlierLine)[], next);
  const { newest } = replayed;
  const waiting = new Map(replayed.waiting.map((reading) => [keyOf(reading), reading]));
  /** Signed, and not yet known as such on disk. */
  const unsettled = new Map(replayed.signed.map((reading) => [keyOf(reading), reading]));
  /** Where the reading's line is in the file. */
  let lines = new Map<Reading, number>();
  /** Length of the file's whole lines: what a failed write left behind them is written over. */
  let end = 0;

  /** Whether it is not known which content the file has: then it is written anew before anything else. */
  let isStale = true;

  const rewrite = async (): Promise<void> => {
    isStale = true;
    const signed = [...unsettled.values()];
    await days.add(signed);
    const head = JSON.stringify({
      newest: Object.fromEntries([...newest].map(([channel, timeMs]) => [channel, String(timeMs)])),
    });
    const readings = [...waiting.values()];
    const content = Buffer.from(`${head}\n${readings.map(lineOf).join('')}`);
    await disk.replace(file, content);
    for (const reading of signed) unsettled.delete(keyOf(reading));
    end = content.length;
    lines = new Map(readings.map((reading, at) => [reading, at]));
    isStale = false;
  };
  await disk.makeFolder(folder);
  await rewrite();

  const add = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    await disk.write(file, end, bytes);
    await disk.sync(file);
    end += bytes.length;
  };

  const known = async (reading: Reading): Promise<Measured | undefined> =>
    waiting.get(keyOf(reading)) ?? unsettled.get(keyOf(reading)) ?? (await days.find(reading));

  const append = async (readings: readonly Reading[]): Promise<readonly Taken[]> => {
    const fresh = new Map<string, Reading>();
    const latest = new Map(newest);
    const taken: Taken[] = [];
    for (const reading of readings) {
      const { channel, timeMs, value, quality } = reading;
      const other = fresh.get(keyOf(reading)) ?? (await known(reading));
      if (other === undefined) {
        const isLatest = timeMs > (latest.get(channel) ?? -1n);
        taken.push(isLatest ? 'kept' : 'late');
        if (isLatest) latest.set(channel, timeMs);
        fresh.set(keyOf(reading), reading);
      } else taken.push(other.value === value && other.quality === quality ? 'repeated' : 'conflicting');
    }
    if (fresh.size > 0) await add([...fresh.values()].map(lineOf).join(''));
    for (const [key, reading] of fresh) {
      lines.set(reading, lines.size);
      waiting.set(key, reading);
    }
    for (const [channel, timeMs] of latest) newest.set(channel, timeMs);
    return taken;
  };

  /** One after the other: a file that is being replaced takes no lines. */
  let working: Promise<unknown> = Promise.resolve();
  const then = <T>(work: () => Promise<T>): Promise<T> => {
    const done = working.then(async () => {
      if (isStale) await rewrite();
      return work();
    });
    working = done.catch(noop);
    return done;
  };

  return {
    append: (readings) => then(() => append(readings)),
    waiting: () => [...waiting.values()],
    willSign: (readings, { boot, sequence }) =>
      then(() => {
        const noted = rangesOf(readings.flatMap((reading) => lines.get(reading) ?? []));
        return add(`${JSON.stringify({ signing: { boot, sequence: String(sequence), lines: noted } })}\n`);
      }),
    forget: (signed) => {
      for (const reading of signed) {
        if (!waiting.delete(keyOf(reading))) continue;
        unsettled.set(keyOf(reading), reading);
      }
      return then(rewrite);
    },
    close: () => working.then(noop),
  };
};
