import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Reading } from '@gridseal/protocol';
import { readIfThere, type Disk } from '../spool/disk.ts';

/** What was signed of each channel and time, a file for each day of device time, so that a repetition is told however late. */
export type SignedDays = {
  /** What is known of the channel and time of a reading. */
  readonly find: (reading: Reading) => Promise<Measured | undefined>;
  /** Makes readings durable. Those that are known already change nothing. */
  readonly add: (readings: readonly Reading[]) => Promise<void>;
};

/** What a channel measured at a time. */
export type Measured = Pick<Reading, 'value' | 'quality'>;

type Day = { readonly known: Map<string, Measured>; end: number };

const DAY_MS = 86_400_000n;
/** channel u32 ‖ time u64 ‖ value i64 ‖ quality u32 ‖ CRC-32 of these. */
const RECORD = 28;
/** Days of which the readings are in memory: what comes is of today, or of the days of an outage one after the other. */
const DAYS_IN_MEMORY = 4;

/** Names a channel and a time. */
export const keyOf = ({ channel, timeMs }: Pick<Reading, 'channel' | 'timeMs'>): string =>
  `${channel}:${timeMs}`;

const encode = ({ channel, timeMs, value, quality }: Reading): Buffer => {
  const record = Buffer.alloc(RECORD);
  record.writeUInt32BE(channel, 0);
  record.writeBigUInt64BE(timeMs, 4);
  record.writeBigInt64BE(value, 12);
  record.writeUInt32BE(quality, 20);
  record.writeUInt32BE(crc32(record.subarray(0, RECORD - 4)), RECORD - 4);
  return record;
};

/** The records of a file up to the first that a power cut tore: what follows was not acknowledged. */
const decode = (bytes: Buffer): Day => {
  const known = new Map<string, Measured>();
  let end = 0;
  for (; end + RECORD <= bytes.length; end += RECORD) {
    const record = bytes.subarray(end, end + RECORD);
    if (record.readUInt32BE(RECORD - 4) !== crc32(record.subarray(0, RECORD - 4))) break;
    const place = { channel: record.readUInt32BE(0), timeMs: record.readBigUInt64BE(4) };
    known.set(keyOf(place), { value: record.readBigInt64BE(12), quality: record.readUInt32BE(20) });
  }
  return { known, end };
};

/**
 * Opens the days of a folder. A file that is taken away means that repetitions of its day are no longer told.
 *
 * @example const days = openSignedDays(join(folder, 'signed'), nodeDisk)
 */
export const openSignedDays = (folder: string, disk: Disk): SignedDays => {
  const days = new Map<bigint, Day>();
  const fileOf = (day: bigint): string => join(folder, `${day}.readings`);

  const load = async (day: bigint): Promise<Day> => {
    const loaded = days.get(day);
    const found = loaded ?? decode(Buffer.from((await readIfThere(disk, fileOf(day))) ?? []));
    days.delete(day);
    days.set(day, found);
    for (const oldest of days.keys()) {
      if (days.size <= DAYS_IN_MEMORY) break;
      days.delete(oldest);
    }
    return found;
  };

  return {
    find: async (reading) => (await load(reading.timeMs / DAY_MS)).known.get(keyOf(reading)),
    add: async (readings) => {
      if (readings.length > 0) await disk.makeFolder(folder);
      for (const [day, ofDay] of Map.groupBy(readings, ({ timeMs }) => timeMs / DAY_MS)) {
        const { known, end } = await load(day);
        const fresh = ofDay.filter((reading) => !known.has(keyOf(reading)));
        if (fresh.length === 0) continue;
        const bytes = Buffer.concat(fresh.map(encode));
        await disk.write(fileOf(day), end, bytes);
        await disk.sync(fileOf(day));
        if (end === 0) await disk.syncFolder(folder);
        const loaded = await load(day);
        loaded.end = end + bytes.length;
        for (const reading of fresh) loaded.known.set(keyOf(reading), reading);
      }
    },
  };
};
