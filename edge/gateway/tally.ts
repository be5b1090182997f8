import { join } from 'node:path';
import { nodeDisk, readIfThere, type Disk } from '../spool/disk.ts';

/** What a gateway counts of what did not simply pass through it. */
export const TALLIED = [
  /** Messages that hold no reading: left out, and kept in `left-out.jsonl`. */
  'unreadable',
  /** Readings of a channel and time that have another value already: left out, and kept there too. */
  'conflicting',
  /** Readings that came again, the same. */
  'repeated',
  /** Readings that were kept though their channel had later ones. */
  'late',
  /** Readings of a time that has not come: kept, signed when it has. */
  'ahead',
  /** Messages that could not be written, and were not acknowledged. */
  'notTaken',
  /** Batches that the service refused for good: set aside. */
  'refused',
] as const;

export type Tallied = (typeof TALLIED)[number];

/** How often something was met, and when last. */
export type TallyEntry = { readonly count: number; readonly lastAt: string; readonly last: string };

export type TallyFigures = Readonly<Partial<Record<Tallied | 'problem', TallyEntry>>>;

/** Counts of a station, durable once they are saved. */
export type Tally = {
  /** Counts; `problem` is whatever keeps batches waiting. */
  readonly note: (what: Tallied | 'problem', text: string) => void;
  /** Counts what is left out, and makes it durable: only then may it be acknowledged. */
  readonly keep: (what: 'unreadable' | 'conflicting', text: string, content: string) => Promise<void>;
  readonly figures: () => TallyFigures;
  /** Makes counts durable. After a kill those since the last time are missing, never what was left out. */
  readonly save: () => Promise<void>;
};

const MOST_KEPT_BYTES = 16 * 1024 * 1024;

const fileOf = (folder: string): string => join(folder, 'tally.json');

/** What a station counted, as it saved it last. */
export const readTally = async (folder: string, disk: Disk = nodeDisk): Promise<TallyFigures> => {
  const bytes = await readIfThere(disk, fileOf(folder));
  return bytes === undefined ? {} : (JSON.parse(new TextDecoder().decode(bytes)) as TallyFigures);
};

/** Opens the counts of a station's folder. @param now Unix milliseconds, for the notes */
export const openTally = async (folder: string, now: () => number, disk: Disk = nodeDisk): Promise<Tally> => {
  const figures: Partial<Record<Tallied | 'problem', TallyEntry>> = await readTally(folder, disk);
  const leftOut = join(folder, 'left-out.jsonl');
  const written = Buffer.from((await readIfThere(disk, leftOut)) ?? []);
  /** Where its whole lines end. */
  let end = written.lastIndexOf('\n') + 1;
  let isSaved = true;

  const note: Tally['note'] = (what, text) => {
    isSaved = false;
    figures[what] = {
      count: (figures[what]?.count ?? 0) + 1,
      lastAt: new Date(now()).toISOString(),
      last: text.slice(0, 300),
    };
  };

  const keep: Tally['keep'] = async (what, text, content) => {
    await disk.makeFolder(folder);
    if (end > MOST_KEPT_BYTES) {
      await disk.replace(join(folder, 'left-out.1.jsonl'), await disk.read(leftOut));
      end = 0;
    }
    const line = { at: new Date(now()).toISOString(), what, reason: text, content };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    await disk.write(leftOut, end, bytes);
    await disk.sync(leftOut);
    if (end === 0) await disk.syncFolder(folder);
    end += bytes.length;
    note(what, text);
  };

  return {
    note,
    keep,
    figures: () => figures,
    save: async () => {
      if (isSaved) return;
      await disk.replace(fileOf(folder), `${JSON.stringify(figures, undefined, 2)}\n`);
      isSaved = true;
    },
  };
};
