import { link, mkdir, open, readFile, readdir, rename, unlink } from 'node:fs/promises';

/**
 * The few operations durable files are made of, so that a test can put a file system in their
 * place that forgets what was never synced. All of them reject with Node's error codes.
 */
export type FileSystem = {
  /** Creates a file with its bytes; rejects with EEXIST when there is one. Not durable yet. */
  readonly create: (path: string, bytes: Uint8Array, mode: number) => Promise<void>;
  /** Makes a file's content durable. */
  readonly syncFile: (path: string) => Promise<void>;
  /** Makes the names inside a folder durable. */
  readonly syncFolder: (path: string) => Promise<void>;
  /** Moves a file, replacing what is there. */
  readonly rename: (from: string, to: string) => Promise<void>;
  /** Gives a file a second name; rejects with EEXIST when the name is taken. */
  readonly link: (from: string, to: string) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  readonly read: (path: string) => Promise<Uint8Array>;
  readonly list: (folder: string) => Promise<string[]>;
  /** Creates a folder and its parents; resolves to the first one created, if any. */
  readonly makeFolder: (path: string, mode: number) => Promise<string | undefined>;
};

const syncPath = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** The operating system's file system. */
export const nodeFileSystem: FileSystem = {
  create: async (path, bytes, mode) => {
    const handle = await open(path, 'wx', mode);
    try {
      await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
  },
  syncFile: syncPath,
  syncFolder: process.platform === 'win32' ? async () => undefined : syncPath,
  rename,
  link,
  remove: unlink,
  read: (path) => readFile(path),
  list: (folder) => readdir(folder),
  makeFolder: (path, mode) => mkdir(path, { recursive: true, mode }),
};
