// npm run bench -- NAME [--json]: measures one thing, beside what others reach in the same run.
import { runFsckBench } from './fsck/fsck.ts';
import { runGasBench } from './gas/gas.ts';
import { runIngestBench } from './ingest/ingest.ts';
import { runMerkleBench } from './merkle/merkle.ts';
import { runRestoreBench } from './restore/restore.ts';
import { runVerifyBench } from './verify/verify.ts';

const benches = {
  fsck: runFsckBench,
  gas: runGasBench,
  ingest: runIngestBench,
  merkle: runMerkleBench,
  restore: runRestoreBench,
  verify: runVerifyBench,
} as const;
const names = Object.keys(benches) as (keyof typeof benches)[];

const [wanted, ...options] = process.argv.slice(2);
const name = names.find((known) => known === wanted);
const unknown = options.filter((option) => option !== '--json');
if (name === undefined || unknown.length > 0) {
  process.stderr.write(`usage: npm run bench -- ${names.join('|')} [--json]\n`);
  process.exit(2);
}

const report = await benches[name]();
process.stdout.write(options.includes('--json') ? `${JSON.stringify(report.json)}\n` : report.text);
process.exit(report.ok ? 0 : 1);
