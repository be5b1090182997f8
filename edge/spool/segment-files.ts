import { join } from 'node:path';
import { nodeDisk, type Disk } from './disk.ts';

/** The segments of a spool. Whatever changes one is durable when it resolves. */
export type SegmentFiles = {
  /** Names of the segments, oldest first. */
  readonly list: () => Promise<readonly string[]>;
  readonly read: (name: string) => Promise<Uint8Array>;
  readonly readAt: (name: string, at: number, length: number) => Promise<Uint8Array>;
  /** Puts bytes behind the last whole record, in place of whatever a failed write left there. */
  readonly append: (name: string, at: number, bytes: Uint8Array) => Promise<void>;
  readonly truncate: (name: string, length: number) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
};

const SEGMENT = /^\d{16}\.spool$/u;
const NOTHING = new Uint8Array(0);

/** Name of the segment that begins with a sequence. */
export const segmentName = (sequence: bigint): string => `${String(sequence).padStart(16, '0')}.spool`;

/** Segments in a folder. */
export const openSegmentFiles = async (folder: string, disk: Disk = nodeDisk): Promise<SegmentFiles> => {
  await disk.makeFolder(folder);
  const append: SegmentFiles['append'] = async (name, at, bytes) => {
    await disk.write(join(folder, name), at, bytes);
    await disk.sync(join(folder, name));
    if (at === 0) await disk.syncFolder(folder);
  };
  return {
    list: async () => (await disk.list(folder)).filter((name) => SEGMENT.test(name)).sort(),
    read: (name) => disk.read(join(folder, name)),
    readAt: (name, at, length) => disk.readAt(join(folder, name), at, length),
    append,
    truncate: (name, length) => append(name, length, NOTHING),
    remove: (name) => disk.remove(join(folder, name)),
  };
};
