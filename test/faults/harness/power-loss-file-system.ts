import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { nodeFileSystem, type FileSystem } from '../../../backend/adapters/durable-file/file-system.ts';
import type { Injector } from './injector.ts';

/** A disk: what a process writes to it is there at once, and after a power cut only what was synced. */
export type PowerLossDisk = {
  readonly fileSystem: FileSystem;
  /** Names fall back to the last sync of their folder; of a file that was never synced half is left. */
  readonly cutPower: () => Promise<void>;
};

type File = { synced: Uint8Array | undefined };

/**
 * A real folder of which power cuts take what was not synced. The operating system is not asked to sync: whether a file is
 * synced is known here, and a cut is played by putting the files back.
 */
export const createPowerLossDisk = (): PowerLossDisk => {
  let names = new Map<string, File>();
  let durableNames = new Map<string, File>();
  const underWay = new Set<Promise<unknown>>();

  const track = async <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    try {
      return await work;
    } finally {
      underWay.delete(work);
    }
  };
  const fileAt = (path: string): File => {
    const file = names.get(path);
    if (file === undefined) throw new Error(`${path} was not written through this disk`);
    return file;
  };

  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    create: (path, bytes, mode) =>
      track(
        nodeFileSystem.create(path, bytes, mode).then(() => {
          names.set(path, { synced: undefined });
        }),
      ),
    syncFile: (path) =>
      track(
        readFile(path).then((bytes) => {
          fileAt(path).synced = bytes;
        }),
      ),
    syncFolder: async (folder) => {
      for (const path of [...durableNames.keys()])
        if (dirname(path) === folder && !names.has(path)) durableNames.delete(path);
      for (const [path, file] of names) if (dirname(path) === folder) durableNames.set(path, file);
    },
    rename: (from, to) =>
      track(
        nodeFileSystem.rename(from, to).then(() => {
          names.set(to, fileAt(from));
          names.delete(from);
        }),
      ),
    link: (from, to) =>
      track(
        nodeFileSystem.link(from, to).then(() => {
          names.set(to, fileAt(from));
        }),
      ),
    remove: (path) =>
      track(
        nodeFileSystem.remove(path).then(() => {
          names.delete(path);
        }),
      ),
  };

  return {
    fileSystem,
    cutPower: async () => {
      await Promise.allSettled(underWay);
      for (const path of names.keys()) if (!durableNames.has(path)) await rm(path, { force: true });
      for (const [path, file] of durableNames) {
        if (file.synced === undefined) {
          const bytes = await readFile(path);
          file.synced = bytes.subarray(0, bytes.length >> 1);
        }
        await writeFile(path, file.synced);
      }
      names = new Map(durableNames);
      durableNames = new Map(names);
    },
  };
};

/** `pack-3f….car.9a….tmp` and `2026-11-21.0001.key` without what differs from run to run. */
const kindOf = (path: string): string =>
  basename(path)
    .replace(/\.[0-9a-f]{12}\.tmp$/u, ' (unfinished)')
    .replace(/[0-9a-f]{64}|\d{4}-\d{2}-\d{2}\.\d{4}/u, '…');

class DiskError extends Error {
  readonly code: string;
  constructor(code: string, path: string) {
    super(`${code}: forced at ${path}`);
    this.code = code;
  }
}

/** The file system of one process, whose writes meet their fates. A full disk is the error of a write that fails. */
export const faultyFileSystem = (fs: FileSystem, injector: Injector): FileSystem => {
  const write = <T>(operation: string, path: string, work: () => Promise<T>): Promise<T> =>
    injector.write(
      `file: ${operation} ${kindOf(path)}`,
      work,
      (persisted) => new DiskError(operation === 'create' && !persisted ? 'ENOSPC' : 'EIO', path),
    );
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    injector.requireAlive();
    return work();
  };
  return {
    create: (path, bytes, mode) => write('create', path, () => fs.create(path, bytes, mode)),
    syncFile: (path) => write('sync', path, () => fs.syncFile(path)),
    syncFolder: (path) => write('sync folder', path, () => fs.syncFolder(path)),
    rename: (from, to) => write('rename', to, () => fs.rename(from, to)),
    link: (from, to) => write('link', to, () => fs.link(from, to)),
    remove: (path) => write('remove', path, () => fs.remove(path)),
    read: (path) => alive(() => fs.read(path)),
    list: (path) => alive(() => fs.list(path)),
    makeFolder: (path, mode) => alive(() => fs.makeFolder(path, mode)),
  };
};
