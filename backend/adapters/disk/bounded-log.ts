import { copyFile, rename, rm, stat, truncate } from 'node:fs/promises';

/** How large a log may grow, and how many of its predecessors are kept. */
export type LogBounds = { readonly maxBytes: number; readonly kept: number };

/** The name of the n-th predecessor of a log; 1 is the newest. */
const predecessor = (path: string, n: number): string => `${path}.${n}`;

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const ifThere = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/**
 * Keeps a log that another program appends to within its bounds. The content is copied aside and the file emptied, as
 * logrotate's `copytruncate` does: the program keeps the file open and need not be told. Lines written between the two are
 * lost. Where there is no room for the copy, the oldest predecessor makes it, and the log is emptied all the same.
 *
 * @param path of a log that is opened for appending only
 * @returns whether it was too large
 */
export const boundLog = async (path: string, { maxBytes, kept }: LogBounds): Promise<boolean> => {
  const found = await ifThere(() => stat(path));
  if (found === undefined || found.size <= maxBytes) return false;
  await rm(predecessor(path, kept), { force: true });
  for (let n = kept - 1; n >= 1; n -= 1)
    await ifThere(() => rename(predecessor(path, n), predecessor(path, n + 1)));
  try {
    if (kept > 0) await copyFile(path, predecessor(path, 1));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    await rm(predecessor(path, 1), { force: true });
  }
  await truncate(path, 0);
  return true;
};
