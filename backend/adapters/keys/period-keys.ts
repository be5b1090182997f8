import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fromHex } from '@gridseal/protocol';
import { DurableFileError, type DurableFiles } from '../durable-file/durable-files.ts';
import { KeyFileError } from './key-files.ts';
import { decodeRewrapped, encodeRewrapped, type RewrappedKeys } from './rewrapped-keys.ts';

/** A wrapping key and the period that payload blocks name it by. */
export type PeriodKey = { readonly period: string; readonly key: Uint8Array };

/**
 * Keys that wrap batch keys, one file a period, outside the database and its backups. Services on one
 * database share the folder. Destroying a period's key closes every payload that was not wrapped again
 * under another.
 */
export type PeriodKeyStore = {
  /** The key new payloads are wrapped with. */
  readonly current: () => PeriodKey;
  /** The key of a period, or `undefined` once it is destroyed, by whichever process. */
  readonly find: (period: string) => Promise<Uint8Array | undefined>;
  /** Periods whose keys exist, oldest first. */
  readonly periods: () => readonly string[];
  /** Makes the newest key of the day (UTC) the current one, whichever service made it; makes one when the day is new. */
  readonly advance: (now: Date) => Promise<void>;
  /** Creates a further key of the same day and makes it current. */
  readonly renew: (now: Date) => Promise<PeriodKey>;
  /** Creates a key that never becomes current, for an erasure to wrap survivors with. */
  readonly createApart: (now: Date) => Promise<PeriodKey>;
  /** Batch keys of a period that were wrapped again; `undefined` where none were. @throws RewrappedKeysError */
  readonly rewrapped: (period: string) => Promise<RewrappedKeys | undefined>;
  /** Replaces them; durable when it resolves. */
  readonly writeRewrapped: (period: string, keys: RewrappedKeys) => Promise<void>;
  /** Destroys a period's key for good. The current one cannot be: {@link PeriodKeyStore.renew} first. */
  readonly destroy: (period: string) => Promise<void>;
};

/** Thrown when the key that is in use would be destroyed. */
export class PeriodInUseError extends Error {
  readonly code = 'period-in-use';
  readonly period: string;
  constructor(period: string) {
    super(`the key of period ${period} is in use`);
    this.name = 'PeriodInUseError';
    this.period = period;
  }
}

/** A day and the number of its key; `r` marks keys that wrap survivors of erasures only. */
const PERIOD = /^\d{4}-\d{2}-\d{2}\.\d{4,}r?$/;
const FILE = /^(\d{4}-\d{2}-\d{2}\.\d{4,}r?)\.key$/;
const APART = 'r';

const parse = (file: string, bytes: Uint8Array): Uint8Array => {
  const text = new TextDecoder().decode(bytes).trim();
  if (!/^0x[0-9a-f]{64}$/.test(text)) throw new KeyFileError(file);
  return fromHex(text);
};

/**
 * Opens the period keys of a folder and makes the day's key current.
 *
 * @throws KeyFileError when a file of the folder does not hold a key
 */
export const openPeriodKeys = async (options: {
  readonly folder: string;
  readonly files: DurableFiles;
  readonly now: Date;
}): Promise<PeriodKeyStore> => {
  const { folder, files } = options;
  const keys = new Map<string, Uint8Array>();
  const rewrappedPath = (period: string): string => join(folder, `${period}.rewrapped`);
  const read = async (period: string): Promise<Uint8Array | undefined> => {
    const name = `${period}.key`;
    const bytes = await files.read(join(folder, name));
    return bytes === undefined ? undefined : parse(name, bytes);
  };
  const readNew = async (): Promise<void> => {
    await files.settle(folder);
    for (const name of await files.list(folder)) {
      const period = FILE.exec(name)?.[1];
      if (period === undefined || keys.has(period)) continue;
      const key = await read(period);
      if (key !== undefined) keys.set(period, key);
    }
  };
  await readNew();

  const sorted = () => [...keys.keys()].sort();
  const ofDay = (day: string) => sorted().filter((period) => period.startsWith(day));

  const create = async (day: string, mark = ''): Promise<PeriodKey> => {
    const numbers = ofDay(day).map((period) => Number.parseInt(period.slice(11), 10));
    const number = numbers.reduce((last, one) => Math.max(last, one), 0) + 1;
    const period = `${day}.${String(number).padStart(4, '0')}${mark}`;
    const key = new Uint8Array(randomBytes(32));
    try {
      await files.create(join(folder, `${period}.key`), `0x${Buffer.from(key).toString('hex')}\n`);
    } catch (error) {
      if (!(error instanceof DurableFileError)) throw error;
      // Another service was first: its key is the period's.
      await files.settle(folder);
      const made = await read(period);
      if (made === undefined) throw error;
      keys.set(period, made);
      return { period, key: made };
    }
    keys.set(period, key);
    return { period, key };
  };

  const latestOf = (day: string): PeriodKey | undefined => {
    const period = ofDay(day).findLast((found) => !found.endsWith(APART));
    const key = period === undefined ? undefined : keys.get(period);
    return period === undefined || key === undefined ? undefined : { period, key };
  };

  const dayOf = (now: Date) => now.toISOString().slice(0, 10);
  let current = latestOf(dayOf(options.now)) ?? (await create(dayOf(options.now)));

  return {
    current: () => current,
    find: (period) => (PERIOD.test(period) ? read(period) : Promise.resolve(undefined)),
    periods: sorted,
    advance: async (now) => {
      await readNew();
      current = latestOf(dayOf(now)) ?? (await create(dayOf(now)));
    },
    renew: async (now) => {
      await readNew();
      current = await create(dayOf(now));
      return current;
    },
    createApart: async (now) => {
      await readNew();
      return create(dayOf(now), APART);
    },
    rewrapped: async (period) => {
      const bytes = PERIOD.test(period) ? await files.read(rewrappedPath(period)) : undefined;
      return bytes === undefined ? undefined : decodeRewrapped(bytes);
    },
    writeRewrapped: (period, rewrapped) => files.write(rewrappedPath(period), encodeRewrapped(rewrapped)),
    destroy: async (period) => {
      if (period === current.period) throw new PeriodInUseError(period);
      await files.remove(join(folder, `${period}.key`));
      keys.delete(period);
    },
  };
};
