import { parseArgs } from 'node:util';

const DEFAULT_RUNS = 100;

/** Reads `--seed N --runs N` of `npm run test:faults` and hands them to the test files; returns the other arguments. */
export function readFaultOptions(args: string[]): string[] {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { seed: { type: 'string' }, runs: { type: 'string' } },
  });
  for (const [name, text] of Object.entries(values))
    if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} must be a whole number, not "${text}"`);
  const seed = values.seed ?? String(Date.now() % 1_000_000);
  const runs = values.runs ?? String(DEFAULT_RUNS);
  process.stdout.write(`faults: ${runs} randomized runs from seed ${seed} (--seed ${seed} --runs ${runs})\n`);
  process.env.FAULT_SEED = seed;
  process.env.FAULT_RUNS = runs;
  return positionals;
}
