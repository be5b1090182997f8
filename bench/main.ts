// npm run bench -- NAME [--json]: measures one thing, beside what others reach in the same run.
import { parseArgs } from 'node:util';
import { runFsckBench } from './fsck/fsck.ts';
import { runGasBench } from './gas/gas.ts';
import { runGrowthBench } from './growth/growth.ts';
import { runIngestBench } from './ingest/ingest.ts';
import { runMerkleBench } from './merkle/merkle.ts';
import type { BenchOptions } from './report.ts';
import { runRestoreBench } from './restore/restore.ts';
import { runSoakBench } from './soak/soak.ts';
import { runVerifyBench } from './verify/verify.ts';

const benches = {
  fsck: runFsckBench,
  gas: runGasBench,
  growth: runGrowthBench,
  ingest: runIngestBench,
  merkle: runMerkleBench,
  restore: runRestoreBench,
  soak: runSoakBench,
  verify: runVerifyBench,
} as const;
const names = Object.keys(benches) as (keyof typeof benches)[];

const USAGE = `usage: npm run bench -- ${names.join('|')} [--json]
  ingest --peer tessera         beside Tessera's log under its own hammer
  soak --minutes 10             how long
  growth --sizes 10000,1000000  entries in the log at each measurement
`;

const refuse = (): never => {
  process.stderr.write(USAGE);
  process.exit(2);
};

const read = (): { name: keyof typeof benches; json: boolean; options: BenchOptions } => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      peer: { type: 'string' },
      minutes: { type: 'string' },
      sizes: { type: 'string' },
    },
  });
  const name = names.find((known) => known === positionals[0]);
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
  const sizes = values.sizes?.split(',').map(Number);
  const isUsable =
    name !== undefined &&
    positionals.length === 1 &&
    (values.peer === undefined || (values.peer === 'tessera' && name === 'ingest')) &&
    (minutes === undefined || (minutes > 0 && name === 'soak')) &&
    (sizes === undefined || (name === 'growth' && sizes.every((size, i) => size > (sizes[i - 1] ?? 0))));
  if (!isUsable) return refuse();
  const options: BenchOptions = {
    ...(values.peer === undefined ? {} : { peer: 'tessera' as const }),
    ...(minutes === undefined ? {} : { minutes }),
    ...(sizes === undefined ? {} : { sizes }),
  };
  return { name, json: values.json, options };
};

const asked = (() => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refuse();
  }
})();
const report = await benches[asked.name](asked.options);
process.stdout.write(asked.json ? `${JSON.stringify(report.json)}\n` : report.text);
process.exit(report.ok ? 0 : 1);
