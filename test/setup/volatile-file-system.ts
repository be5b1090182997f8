import { basename, dirname } from 'node:path';
import type { FileSystem } from '../../backend/adapters/durable-file/file-system.ts';

type Inode = { bytes: Uint8Array; synced: Uint8Array; mode: number };

/** A file system in memory that loses, at {@link VolatileFileSystem.crash}, whatever was not synced. */
export type VolatileFileSystem = FileSystem & {
  /** Power loss: names fall back to the last folder sync, contents to the last file sync. */
  readonly crash: () => void;
  /** Makes the n-th operation from now (1 is the next one) fail with EIO, before it does anything. */
  readonly failOperation: (n: number) => void;
  /** Mode bits of a file. */
  readonly modeOf: (path: string) => number | undefined;
};

class FileSystemError extends Error {
  readonly code: string;
  constructor(code: string, path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}

/** The test twin of `nodeFileSystem`. A file's content and its name are made durable separately, as POSIX has it. */
export const createVolatileFileSystem = (): VolatileFileSystem => {
  let names = new Map<string, Inode>();
  let durableNames = new Map<string, Inode>();
  const folders = new Set<string>(['/']);
  let failAfter = Number.POSITIVE_INFINITY;

  const step = (path: string): void => {
    failAfter -= 1;
    if (failAfter === 0) throw new FileSystemError('EIO', path);
  };
  const find = (path: string): Inode => {
    const inode = names.get(path);
    if (inode === undefined) throw new FileSystemError('ENOENT', path);
    return inode;
  };
  const refuseTaken = (path: string): void => {
    if (names.has(path)) throw new FileSystemError('EEXIST', path);
  };

  return {
    create: async (path, bytes, mode) => {
      step(path);
      refuseTaken(path);
      if (!folders.has(dirname(path))) throw new FileSystemError('ENOENT', path);
      names.set(path, { bytes: Uint8Array.from(bytes), synced: new Uint8Array(), mode });
    },
    syncFile: async (path) => {
      step(path);
      const inode = find(path);
      inode.synced = inode.bytes;
    },
    syncFolder: async (folder) => {
      step(folder);
      for (const path of [...durableNames.keys()])
        if (dirname(path) === folder && !names.has(path)) durableNames.delete(path);
      for (const [path, inode] of names) if (dirname(path) === folder) durableNames.set(path, inode);
    },
    rename: async (from, to) => {
      step(from);
      names.set(to, find(from));
      names.delete(from);
    },
    link: async (from, to) => {
      step(to);
      refuseTaken(to);
      names.set(to, find(from));
    },
    remove: async (path) => {
      step(path);
      find(path);
      names.delete(path);
    },
    read: async (path) => {
      step(path);
      return Uint8Array.from(find(path).bytes);
    },
    list: async (folder) => {
      step(folder);
      if (!folders.has(folder)) throw new FileSystemError('ENOENT', folder);
      return [...names.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path));
    },
    makeFolder: async (path) => {
      step(path);
      let first: string | undefined;
      for (let folder = path; !folders.has(folder); folder = dirname(folder)) {
        folders.add(folder);
        first = folder;
      }
      return first;
    },
    crash: () => {
      failAfter = Number.POSITIVE_INFINITY;
      names = new Map([...durableNames].map(([path, inode]) => [path, { ...inode, bytes: inode.synced }]));
      durableNames = new Map(names);
    },
    failOperation: (n) => {
      failAfter = n;
    },
    modeOf: (path) => names.get(path)?.mode,
  };
};
