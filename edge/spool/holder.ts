import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';
import { InUseError } from './in-use-error.ts';

/** What is held until it is released, or the process ends in whatever way. */
export type Hold = { readonly release: () => void };

const SQLITE_BUSY = 5;

const pidIn = async (file: string): Promise<number | undefined> => {
  try {
    const { pid } = JSON.parse(await readFile(file, 'utf8')) as { readonly pid?: unknown };
    return typeof pid === 'number' ? pid : undefined;
  } catch {
    // It is for the message alone: the holder may be about to write it.
    return undefined;
  }
};

/** Takes the lock, or none. */
const lockOf = async (path: string): Promise<DatabaseSync | undefined> => {
  await mkdir(dirname(path), { recursive: true });
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    // Nothing is stored: SQLite is what takes a lock of the operating system on every platform.
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if ((cause as { readonly errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw cause;
  }
};

const noteOf = (path: string): string => `${path}.lock.json`;

/**
 * Holds a path for this process alone, by a lock of the operating system on `PATH.lock`: it goes with its process, however that
 * ends, so that no holder's lock is ever left behind, and no pid is taken for another. `PATH.lock.json` says who holds it.
 *
 * @throws InUseError at once when another process, or another part of this one, holds it
 * @example const hold = await holdAlone('meter.key.json'); try { … } finally { hold.release(); }
 */
export const holdAlone = async (path: string): Promise<Hold> => {
  const lock = await lockOf(path);
  if (lock === undefined) throw new InUseError(path, await pidIn(noteOf(path)));
  try {
    const note = { pid: process.pid, since: new Date().toISOString() };
    await writeDurableFile(noteOf(path), `${JSON.stringify(note)}\n`);
  } catch (error) {
    lock.close();
    throw error;
  }
  return { release: () => lock.close() };
};

/** Who holds a path, or `undefined` when nobody does. */
export const holderOf = async (path: string): Promise<{ readonly pid: number | undefined } | undefined> => {
  const lock = await lockOf(path);
  lock?.close();
  return lock === undefined ? { pid: await pidIn(noteOf(path)) } : undefined;
};
