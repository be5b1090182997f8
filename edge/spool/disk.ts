import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { syncFolder, writeDurableFile } from '@gridseal/sdk/node/durable-file';

/** What a spool does to a disk, so that a test can put one in its place that forgets what was not synced. */
export type Disk = {
  readonly makeFolder: (folder: string) => Promise<void>;
  readonly list: (folder: string) => Promise<readonly string[]>;
  readonly read: (path: string) => Promise<Uint8Array>;
  readonly readAt: (path: string, at: number, length: number) => Promise<Uint8Array>;
  /** Makes the file end at `at`, then writes there; makes the file when `at` is 0. Not durable yet. */
  readonly write: (path: string, at: number, bytes: Uint8Array) => Promise<void>;
  /** Makes a file's content durable. */
  readonly sync: (path: string) => Promise<void>;
  /** Makes the names in a folder durable. */
  readonly syncFolder: (folder: string) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  /** Replaces a file, made durable: after a power cut the old content is there or the new one, whole. */
  readonly replace: (path: string, content: Uint8Array | string) => Promise<void>;
};

/** The bytes of a file, or `undefined` where there is none. */
export const readIfThere = (disk: Disk, path: string): Promise<Uint8Array | undefined> =>
  disk.read(path).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  });

/** Names in a folder; none where there is no folder. */
export const listIfThere = (disk: Disk, folder: string): Promise<readonly string[]> =>
  disk.list(folder).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  });

/** Whether there is no room for what was to be written: that passes, and nothing else is wrong. */
export const isDiskFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');

type File = Awaited<ReturnType<typeof open>>;

const withFile = async <T>(path: string, flags: string, work: (file: File) => Promise<T>): Promise<T> => {
  const file = await open(path, flags, 0o600);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
};

/** The operating system's disk. */
export const nodeDisk: Disk = {
  makeFolder: async (folder) => {
    await mkdir(folder, { recursive: true });
  },
  list: (folder) => readdir(folder),
  read: async (path) => new Uint8Array(await readFile(path)),
  readAt: (path, at, length) =>
    withFile(path, 'r', async (file) => {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, at);
      return bytes.subarray(0, bytesRead);
    }),
  write: (path, at, bytes) =>
    withFile(path, at === 0 ? 'w' : 'r+', async (file) => {
      await file.truncate(at);
      for (let done = 0; done < bytes.length;)
        done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    }),
  sync: (path) => withFile(path, 'r+', (file) => file.sync()),
  syncFolder,
  remove: (path) => rm(path, { force: true }),
  replace: (path, content) => writeDurableFile(path, content),
};
