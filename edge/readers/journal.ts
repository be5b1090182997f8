import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reading } from '@gridseal/protocol';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';
import { isBefore, type ChainPlace } from '../spool/chain-head.ts';
import { readJsonLines } from '../spool/json-lines.ts';

/** Readings that were taken over from a source and are in no signed batch yet, on disk. */
export type Journal = {
  /** Makes readings durable; once that failed it never works again. One that is not later than the last of its channel is a repetition and left out. */
  readonly append: (readings: readonly Reading[]) => Promise<void>;
  /** What waits for a batch, in the order it came. */
  readonly waiting: () => readonly Reading[];
  /** Notes that waiting readings are about to be signed; of each channel the oldest ones. */
  readonly willSign: (readings: readonly Reading[], place: ChainPlace) => Promise<void>;
  /** Forgets readings that are in a signed batch. */
  readonly forget: (signed: readonly Reading[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** A time of each channel. */
type Times = ReadonlyMap<number, bigint>;
type TimesJson = Readonly<Record<string, string>>;
type Line =
  | { readonly timeMs: string; readonly channel: number; readonly quality: number; readonly value: string }
  | { readonly last: TimesJson }
  | { readonly signing: { readonly boot: number; readonly sequence: string; readonly through: TimesJson } };

const timesJson = (times: Times): TimesJson =>
  Object.fromEntries([...times].map(([channel, timeMs]) => [channel, String(timeMs)]));

const timesOf = (json: TimesJson): Map<number, bigint> =>
  new Map(Object.entries(json).map(([channel, timeMs]) => [Number(channel), BigInt(timeMs)]));

/** Readings of which `times` does not name their own time or a later one. */
const after = (times: Times, readings: readonly Reading[]): Reading[] =>
  readings.filter(({ channel, timeMs }) => timeMs > (times.get(channel) ?? -1n));

/** The newest time of each channel. */
const newest = (readings: readonly Reading[]): Times => {
  const times = new Map<number, bigint>();
  for (const { channel, timeMs } of readings)
    if (timeMs > (times.get(channel) ?? -1n)) times.set(channel, timeMs);
  return times;
};

const lineOf = ({ timeMs, channel, quality, value }: Reading): string =>
  `${JSON.stringify({ timeMs: String(timeMs), channel, quality, value: String(value) })}\n`;

const noop = (): void => undefined;

/**
 * Opens the journal of a folder, one JSON line a reading, appended and synced; written again without what was signed.
 *
 * @param next the number that the station signs next: readings noted for one before it are signed, and forgotten
 * @throws Error when a line other than the last is damaged
 */
export const openJournal = async (folder: string, next: ChainPlace): Promise<Journal> => {
  const file = join(folder, 'journal.jsonl');
  let waiting: Reading[] = [];
  let last = new Map<number, bigint>();
  for (const line of (await readJsonLines(file)) as readonly Line[]) {
    if ('last' in line) last = timesOf(line.last);
    else if ('signing' in line) {
      const { boot, sequence, through } = line.signing;
      if (isBefore({ boot, sequence: BigInt(sequence) }, next)) waiting = after(timesOf(through), waiting);
    } else {
      const { timeMs, channel, quality, value } = line;
      waiting.push({ timeMs: BigInt(timeMs), channel, quality, value: BigInt(value) });
      last.set(channel, BigInt(timeMs));
    }
  }
  /** One after the other: a file that is being replaced takes no lines. After a failure its end is not known, and it takes none. */
  let working: Promise<unknown> = Promise.resolve();
  const then = <T>(work: () => Promise<T>): Promise<T> => {
    const done = working.then(work);
    working = done;
    done.catch(() => undefined);
    return done;
  };

  const write = async (): Promise<FileHandle> => {
    const head = JSON.stringify({ last: timesJson(last) });
    await writeDurableFile(file, `${head}\n${waiting.map(lineOf).join('')}`);
    return open(file, 'a');
  };
  let handle = await write();
  const add = async (lines: string): Promise<void> => {
    await handle.appendFile(lines);
    await handle.datasync();
  };

  return {
    append: (readings) =>
      then(async () => {
        const times = new Map(last);
        const fresh = readings.filter(({ channel, timeMs }) => {
          const isLater = timeMs > (times.get(channel) ?? -1n);
          if (isLater) times.set(channel, timeMs);
          return isLater;
        });
        if (fresh.length === 0) return;
        await add(fresh.map(lineOf).join(''));
        for (const [channel, timeMs] of times) last.set(channel, timeMs);
        waiting.push(...fresh);
      }),
    waiting: () => waiting,
    willSign: (readings, { boot, sequence }) =>
      then(() => {
        const signing = { boot, sequence: String(sequence), through: timesJson(newest(readings)) };
        return add(`${JSON.stringify({ signing })}\n`);
      }),
    forget: (signed) =>
      then(async () => {
        const gone = new Set(signed);
        waiting = waiting.filter((reading) => !gone.has(reading));
        await handle.close();
        handle = await write();
      }),
    close: () => working.then(noop, noop).then(() => handle.close()),
  };
};
