const hardhat = 'node_modules/hardhat/dist/src/cli.js';

/** What each `npm run` script starts. `cwd: 'caller'` keeps relative paths in arguments relative to the caller. */
export const commands = {
  start: { file: 'scripts/start.ts' },
  demo: { file: 'scripts/demo.ts', cwd: 'caller' },
  bench: { file: 'bench/main.ts', cwd: 'caller' },
  test: { file: 'scripts/test.ts' },
  'test:faults': { file: 'scripts/test.ts', args: ['--suite', 'faults'] },
  'test:conformance': { file: 'scripts/test.ts', args: ['--suite', 'conformance'] },
  'test:rows': { file: 'scripts/rows.ts' },
  'test:peers': { file: 'scripts/test.ts', args: ['--suite', 'peers'] },
  check: { file: 'scripts/check.ts' },
  'check:selftest': { file: 'scripts/test.ts', args: ['--suite', 'check'] },
  'build:contracts': { file: hardhat, args: ['build'] },
  deploy: { file: 'scripts/deploy.ts', cwd: 'caller' },
  generate: { file: 'scripts/generate.ts' },
  format: { file: 'node_modules/prettier/bin/prettier.cjs', args: ['--write', '--log-level=warn', '.'] },
  gridseal: { file: 'cli/main.ts', cwd: 'caller' },
};
