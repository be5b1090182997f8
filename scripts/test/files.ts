import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { notInDefault, type Suite } from './suites.ts';

/** Absolute paths of a suite's `*.test.ts` files, sorted. */
export async function findTestFiles(testFolder: string, folders: Suite['folders']): Promise<string[]> {
  const entries = await readdir(testFolder, { withFileTypes: true }).catch(() => []);
  const present = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const chosen = present.filter((name) =>
    folders === 'rest' ? !notInDefault.has(name) : folders.includes(name),
  );
  const found = await Promise.all(chosen.map((name) => testFilesBelow(join(testFolder, name))));
  return found.flat().sort();
}

async function testFilesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('node_modules'));
}
