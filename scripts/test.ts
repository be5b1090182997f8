import { join } from 'node:path';
import { runContractTests } from './test/contracts.ts';
import { runNodeTests } from './test/node-tests.ts';
import { addTallies, formatTally, type Tally } from './test/tally.ts';
import { readFaultOptions } from './test/faults.ts';
import { findTestFiles } from './test/files.ts';
import { suiteNames, suites } from './test/suites.ts';
import { root } from './paths.ts';

const usage = `usage: scripts/test.ts [--suite ${suiteNames.join('|')}] [--seed N --runs N] [path or name fragment …]`;

const args = process.argv.slice(2);
const suiteName = args[0] === '--suite' ? args.splice(0, 2)[1] : 'default';
const suite = suiteNames.find((name) => name === suiteName);
if (suite === undefined) {
  process.stderr.write(`unknown suite "${String(suiteName)}"\n${usage}\n`);
  process.exit(2);
}

const fragments = suite === 'faults' ? readFaultOptions(args) : args;
const tally = await runSuite(suites[suite], fragments);
process.stdout.write(`\n${formatTally(tally)}\n`);
// Not left to the event loop: a test that leaks a handle must not hang the run.
process.exit(tally.failed > 0 ? 1 : 0);

async function runSuite(chosen: (typeof suites)[keyof typeof suites], fragments: string[]): Promise<Tally> {
  const wanted = (file: string) => fragments.length === 0 || fragments.some((part) => file.includes(part));
  const tallies: Tally[] = [];
  const files = (await findTestFiles(join(root, 'test'), chosen.folders)).filter(wanted);
  if (files.length > 0) tallies.push(await runNodeTests(files, chosen));
  if (chosen.contracts && wanted('contracts')) tallies.push(await runContractTests());
  if (tallies.length === 0) throw new Error(`no test file matches ${fragments.join(' ') || 'this suite'}`);
  return addTallies(tallies);
}
