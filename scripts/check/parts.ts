import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.ts';
import { runAll, runNode, type Outcome } from './command.ts';
import { checkFileSizes } from './file-size.ts';
import { runGenerators } from './generators.ts';

export type Part = { readonly name: string; readonly run: () => Promise<Outcome> };

const bin = {
  prettier: 'node_modules/prettier/bin/prettier.cjs',
  eslint: 'node_modules/eslint/bin/eslint.js',
  solhint: 'node_modules/solhint/solhint.js',
  tsc: 'node_modules/typescript/bin/tsc',
  depcruise: 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
  knip: 'node_modules/knip/bin/knip.js',
};

const sources = ['protocol/src', 'sdk/src', 'backend', 'edge', 'cli', 'bench', 'scripts', 'test'];
const present = (folders: readonly string[]): string[] =>
  folders.filter((folder) => existsSync(join(root, folder)));

/** What `npm run check` holds the repository to, in the order a person would fix it. */
export const parts: readonly Part[] = [
  { name: 'format', run: () => runNode([bin.prettier, '--check', '--log-level=warn', '.']) },
  {
    name: 'lint',
    run: () =>
      runAll([
        () => runNode([bin.eslint, '--max-warnings=0', '.']),
        () => runNode([bin.solhint, '--max-warnings=0', '--noPoster', 'contracts/**/*.sol']),
      ]),
  },
  {
    name: 'types',
    run: () =>
      runAll([
        () => runNode([bin.tsc, '--project', 'tsconfig.json']),
        // Without Node's types: what a browser lacks does not compile.
        () => runNode([bin.tsc, '--project', 'protocol/tsconfig.json']),
      ]),
  },
  {
    name: 'imports',
    run: () => runNode([bin.depcruise, '--config', '.dependency-cruiser.mjs', ...present(sources)]),
  },
  { name: 'dead code', run: () => runNode([bin.knip, '--no-progress', '--treat-config-hints-as-errors']) },
  { name: 'file size', run: checkFileSizes },
  { name: 'generated files', run: () => runGenerators(['--check']) },
];
