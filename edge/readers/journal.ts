import { open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reading } from '@gridseal/protocol';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';

/** Readings that were taken over from a source and are in no signed batch yet, on disk. */
export type Journal = {
  /** Makes readings durable; once that failed it never works again. One that is not later than the last of its channel is a repetition and left out. */
  readonly append: (readings: readonly Reading[]) => Promise<void>;
  /** What waits for a batch, in the order it came. */
  readonly waiting: () => readonly Reading[];
  /** Forgets readings that are in a signed batch. */
  readonly forget: (signed: readonly Reading[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

type Line =
  | { readonly timeMs: string; readonly channel: number; readonly quality: number; readonly value: string }
  | { readonly last: Readonly<Record<string, string>> };

const lineOf = ({ timeMs, channel, quality, value }: Reading): string =>
  `${JSON.stringify({ timeMs: String(timeMs), channel, quality, value: String(value) })}\n`;

const noop = (): void => undefined;

/** Whole lines of a file. What follows the last line break was torn by a power cut: it was never acknowledged. */
const linesOf = async (file: string): Promise<readonly Line[]> => {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw cause;
  });
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as Line;
    } catch (cause) {
      throw new Error(`${file}, line ${i + 1}: damaged`, { cause });
    }
  });
};

/**
 * Opens the journal of a folder, one JSON line a reading, appended and synced; written again without what was signed.
 *
 * @throws Error when a line other than the last is damaged
 */
export const openJournal = async (folder: string): Promise<Journal> => {
  const file = join(folder, 'journal.jsonl');
  let waiting: Reading[] = [];
  const last = new Map<number, bigint>();
  for (const line of await linesOf(file)) {
    if ('last' in line) {
      for (const [channel, timeMs] of Object.entries(line.last)) last.set(Number(channel), BigInt(timeMs));
      continue;
    }
    const { timeMs, channel, quality, value } = line;
    waiting.push({ timeMs: BigInt(timeMs), channel, quality, value: BigInt(value) });
    last.set(channel, BigInt(timeMs));
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
    const times = Object.fromEntries([...last].map(([channel, timeMs]) => [channel, String(timeMs)]));
    await writeDurableFile(file, `${JSON.stringify({ last: times })}\n${waiting.map(lineOf).join('')}`);
    return open(file, 'a');
  };
  let handle = await write();

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
        await handle.appendFile(fresh.map(lineOf).join(''));
        await handle.datasync();
        for (const [channel, timeMs] of times) last.set(channel, timeMs);
        waiting.push(...fresh);
      }),
    waiting: () => waiting,
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
