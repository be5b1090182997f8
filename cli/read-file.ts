import { readFile } from 'node:fs/promises';
import { UsageError } from './usage-error.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
};

/**
 * The bytes of a file named on the command line.
 *
 * @throws UsageError when it cannot be read, saying why.
 */
export const readNamedFile = async (file: string): Promise<Uint8Array> => {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    throw new UsageError(`${file} cannot be read: ${REASONS[code] ?? code}`);
  }
};
