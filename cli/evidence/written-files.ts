import { readFile, writeFile } from 'node:fs/promises';
import { encodeTrust, fromUtf8, parseTrust, type Trust } from '@gridseal/protocol';
import { UsageError } from '../usage-error.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not write it',
  ENOSPC: 'the disk is full',
};

/** Writes a file named on the command line. @throws UsageError when it cannot be written, saying why */
export const writeNamedFile = async (file: string, bytes: Uint8Array | string): Promise<void> => {
  try {
    await writeFile(file, bytes);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    throw new UsageError(`${file} cannot be written: ${REASONS[code] ?? code}`);
  }
};

const existing = async (file: string): Promise<Trust | undefined> => {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`${file} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? ''}`);
  }
  try {
    return parseTrust(fromUtf8(bytes, 'trust').replace(/^\ufeff/u, ''));
  } catch {
    throw new UsageError(`${file} exists and is no trust file; it is not overwritten`);
  }
};

const withoutHeaders = (trust: Trust): string => fromUtf8(encodeTrust({ ...trust, headers: [] }));

/**
 * Writes what a bundle was judged by. A trust file that exists is never replaced by what a service says: when it says the same,
 * the blocks pinned by either stay pinned.
 *
 * @throws UsageError when the file exists and says something else
 */
export const writeTrust = async (file: string, trust: Trust): Promise<void> => {
  const before = await existing(file);
  if (before !== undefined && withoutHeaders(before) !== withoutHeaders(trust))
    throw new UsageError(
      `${file} exists and trusts something else than this service says; it is not overwritten. Compare them, or name another file`,
    );
  const headers = [...new Set([...(before?.headers ?? []), ...trust.headers])];
  await writeNamedFile(file, encodeTrust({ ...trust, headers }));
};
