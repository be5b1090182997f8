import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FileProblem } from './file-error.ts';
import type { RawRow } from './text/rows.ts';

/** Rows that were left out, a JSON line each, so that nothing is lost. */
export type LeftOutFile = {
  readonly file: string;
  readonly add: (row: RawRow, reason: FileProblem) => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * The file of what is left out of another one; made when the first row is left out, and anew when the same file is read again.
 *
 * @param folder where it is made
 * @param source the file that is read
 */
export const createLeftOutFile = (folder: string, source: string): LeftOutFile => {
  const file = join(folder, `${basename(source)}.jsonl`);
  let handle: FileHandle | undefined;
  return {
    file,
    add: async ({ line, cells }, { code, column, message }) => {
      if (handle === undefined) {
        await mkdir(folder, { recursive: true });
        handle = await open(file, 'w');
      }
      await handle.appendFile(`${JSON.stringify({ row: line, code, column, message, cells })}\n`);
    },
    close: async () => {
      await handle?.sync();
      await handle?.close();
    },
  };
};
