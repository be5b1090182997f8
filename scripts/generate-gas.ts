// bench/gas/snapshot.json: the gas of every call that a goal or a peer is named for. A change of a contract changes it in the
// same commit, where a reviewer sees it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measureGas } from '../bench/gas/gas.ts';
import { root } from './paths.ts';

const path = join(root, 'bench', 'gas', 'snapshot.json');
const figures = await measureGas();
const wanted = `${JSON.stringify(Object.fromEntries(figures.map(({ name, gas }) => [name, gas])), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  await writeFile(path, wanted);
} else {
  const kept = await readFile(path, 'utf8').catch(() => '{}');
  const before = JSON.parse(kept) as Readonly<Record<string, number>>;
  for (const { name, gas } of figures) {
    if (before[name] === gas) continue;
    process.stderr.write(
      `${name}: ${gas} gas, and bench/gas/snapshot.json says ${before[name] ?? 'nothing'}\n`,
    );
  }
  if (kept !== wanted) {
    process.stderr.write(
      'bench/gas/snapshot.json is out of date: run npm run generate, and say why in the commit\n',
    );
    process.exitCode = 1;
  }
}
process.exit();
