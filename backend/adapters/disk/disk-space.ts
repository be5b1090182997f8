import { statfs } from 'node:fs/promises';

/** Room on a disk, in bytes; `free` is what this user may still write. */
export type DiskSpace = { readonly free: number; readonly total: number };

/** Asks for the room on the disk that a folder is on. */
export const readDiskSpace = async (folder: string): Promise<DiskSpace> => {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, total: blocks * bsize };
};
