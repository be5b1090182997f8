import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { findTestFiles } from '../test/files.ts';

/** A test that stands for one or more rows of the table of failures: its title ends with their names, `… [A3] [A8]`. */
export type RowTest = { readonly file: string; readonly rows: readonly string[] };

const ROW = /\[([A-E]\d{1,2})\]/gu;

/** The rows, in the order of the table. */
export const rowNames = Object.entries({ A: 9, B: 10, C: 5, D: 13, E: 13 }).flatMap(([part, count]) =>
  Array.from({ length: count }, (_, i) => `${part}${i + 1}`),
);

/** Test files that name rows, with the rows that each names. */
export const findRowTests = async (root: string): Promise<RowTest[]> => {
  const files = await findTestFiles(`${root}/test`, [
    'backend',
    'cli',
    'e2e',
    'edge',
    'faults',
    'peers',
    'protocol',
    'scripts',
    'sdk',
  ]);
  const found = await Promise.all(
    files.map(async (path) => {
      const rows = [...(await readFile(path, 'utf8')).matchAll(ROW)].map(([, row]) => row ?? '');
      return { file: relative(root, path), rows: [...new Set(rows)].filter((row) => rowNames.includes(row)) };
    }),
  );
  return found.filter(({ rows }) => rows.length > 0);
};
