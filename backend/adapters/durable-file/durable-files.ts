import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { type FileSystem, nodeFileSystem } from './file-system.ts';

/** Why a durable file operation was refused. */
export class DurableFileError extends Error {
  readonly code: 'file-exists';
  readonly path: string;

  constructor(code: 'file-exists', path: string) {
    super(`${path} exists already`);
    this.name = 'DurableFileError';
    this.code = code;
    this.path = path;
  }
}

/**
 * Files that survive power loss: when a write resolves, its bytes and its name are on the disk;
 * when it does not, the old content is there whole.
 */
export type DurableFiles = {
  /** Replaces a file. `mode` is 0o600 unless told otherwise. */
  readonly write: (path: string, bytes: Uint8Array | string, mode?: number) => Promise<void>;
  /** Creates a file and rejects with {@link DurableFileError} when there is one, however close the race. */
  readonly create: (path: string, bytes: Uint8Array | string, mode?: number) => Promise<void>;
  /** The bytes of a file, or `undefined` when there is none. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /** Removes a file for good; one that is not there counts as removed. */
  readonly remove: (path: string) => Promise<void>;
  /**
   * Makes the names in a folder durable, if there is one. An earlier process may have failed between giving a file its name
   * and syncing the folder: what is read then could be gone after the next power loss.
   */
  readonly settle: (folder: string) => Promise<void>;
  /** Names in a folder, unfinished writes left out; empty when there is no folder. */
  readonly list: (folder: string) => Promise<string[]>;
};

const UNFINISHED = /\.[0-9a-f]{12}\.tmp$/;

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST';

const isForbidden = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');

const orUndefined = async <T>(operation: Promise<T>): Promise<T | undefined> => {
  try {
    return await operation;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/**
 * Durable files over a file system: write beside, fsync, rename, fsync the folder.
 *
 * @example
 * const files = createDurableFiles();
 * await files.write('/var/lib/gridseal/published', checkpoint);
 */
export const createDurableFiles = (fs: FileSystem = nodeFileSystem): DurableFiles => {
  const makeFolder = async (folder: string): Promise<void> => {
    const first = await fs.makeFolder(folder, 0o711);
    if (first === undefined) return;
    for (let made = folder; made.length >= first.length; made = dirname(made))
      await fs.syncFolder(dirname(made));
  };

  const stage = async (path: string, bytes: Uint8Array | string, mode: number): Promise<string> => {
    await makeFolder(dirname(path));
    const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    await fs.create(beside, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes, mode);
    await fs.syncFile(beside);
    return beside;
  };

  return {
    write: async (path, bytes, mode = 0o600) => {
      const beside = await stage(path, bytes, mode);
      await fs.rename(beside, path);
      await fs.syncFolder(dirname(path));
    },
    create: async (path, bytes, mode = 0o600) => {
      const beside = await stage(path, bytes, mode);
      try {
        await fs.link(beside, path);
      } catch (error) {
        if (isTaken(error)) throw new DurableFileError('file-exists', path);
        throw error;
      } finally {
        await fs.remove(beside);
      }
      await fs.syncFolder(dirname(path));
    },
    read: (path) => orUndefined(fs.read(path)),
    remove: async (path) => {
      await orUndefined(fs.remove(path));
      await orUndefined(fs.syncFolder(dirname(path)));
    },
    settle: async (folder) => {
      try {
        await orUndefined(fs.syncFolder(folder));
      } catch (error) {
        // Where this account may not look it made no names either: an administrator's folder.
        if (!isForbidden(error)) throw error;
      }
    },
    list: async (folder) => {
      const names = (await orUndefined(fs.list(folder))) ?? [];
      return names.filter((name) => !UNFINISHED.test(name)).sort();
    },
  };
};
