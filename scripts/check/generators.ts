import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../paths.ts';
import { runNode, type Outcome } from './command.ts';

/** Runs every `scripts/generate-*.ts`; with `--check` each exits 1 and names the file that is out of date. */
export async function runGenerators(args: readonly string[]): Promise<Outcome> {
  const names = (await readdir(join(root, 'scripts')))
    .filter((name) => /^generate-.+\.ts$/.test(name))
    .sort();
  if (names.length === 0) return { ok: false, output: 'no generator found (scripts/generate-*.ts)\n' };
  const outcomes: Outcome[] = [];
  for (const name of names) outcomes.push(await runNode([join('scripts', name), ...args]));
  return { ok: outcomes.every(({ ok }) => ok), output: outcomes.map(({ output }) => output).join('') };
}
