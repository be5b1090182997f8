import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { root } from '../paths.ts';
import type { Outcome } from './command.ts';

const MAX_LINES = 400;
const SOURCE = new Set(['.ts', '.tsx', '.mts', '.mjs', '.js', '.sol', '.sql', '.css', '.html', '.sh']);
const NOT_OURS = new Set(['node_modules', 'artifacts', 'cache', 'generated', 'abi', 'data', 'out', 'dist']);

/** No hand-written source file may outgrow what a reader keeps in mind. */
export async function checkFileSizes(): Promise<Outcome> {
  const sizes = await Promise.all(
    (await sourceFiles(root)).map(async (file) => ({ file, lines: await countLines(file) })),
  );
  const tooLong = sizes.filter(({ lines }) => lines > MAX_LINES).sort((a, b) => b.lines - a.lines);
  return {
    ok: tooLong.length === 0,
    output: tooLong
      .map(({ file, lines }) => `${relative(root, file)}: ${lines} lines, ${MAX_LINES} at most; split it\n`)
      .join(''),
  };
}

async function sourceFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory())
        return NOT_OURS.has(entry.name) || isHidden(entry.name) ? [] : sourceFiles(path);
      return SOURCE.has(extname(entry.name)) ? [path] : [];
    }),
  );
  return found.flat();
}

const isHidden = (name: string): boolean => name.startsWith('.') && name !== '.ci';

const countLines = async (file: string): Promise<number> =>
  (await readFile(file, 'utf8')).trimEnd().split('\n').length;
