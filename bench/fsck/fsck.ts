import { auditLog } from '@gridseal/sdk/audit/audit';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { testDomain } from '../../test/setup/devices.ts';
import type { BenchReport } from '../report.ts';
import { median } from '../statistics.ts';
import { makeCorpus } from './corpus.ts';

const BATCHES = 20_000;
const RUNS = 5;
/** Statements a second, on one core, signatures included. */
const GOAL = 15_000;

/**
 * Statements that `gridseal fsck` recomputes a second, on one thread, secp256k1 signatures included. What is read costs
 * nothing: network and disk are not measured.
 *
 * @example npm run bench -- fsck --json
 */
export const runFsckBench = async (): Promise<BenchReport> => {
  const { primitives, missing } = await loadPrimitives();
  const { source, key, size } = makeCorpus(BATCHES, primitives);
  const rates: number[] = [];
  const cpuMicroseconds: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const before = process.cpuUsage();
    const began = performance.now();
    const options = { source, key, domain: testDomain, primitives, payloads: 'skip' } as const;
    const { findingCount } = await auditLog(options);
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage(before);
    if (findingCount > 0) throw new Error(`the log of the bench has ${findingCount} findings`);
    rates.push(size / seconds);
    cpuMicroseconds.push((user + system) / size);
  }
  const statementsPerSecond = Math.round(median(rates));
  const cpuMicrosecondsPerStatement = Number(median(cpuMicroseconds).toFixed(1));
  const ok = statementsPerSecond >= GOAL;
  const json = {
    bench: 'fsck',
    ok,
    statements: size,
    runs: RUNS,
    statementsPerSecond,
    cpuMicrosecondsPerStatement,
    goal: GOAL,
    substituted: missing.map(({ build }) => build),
  };
  const verdict = ok ? 'within' : 'BELOW';
  const text =
    `${statementsPerSecond.toLocaleString('en')} statements a second (median of ${RUNS}, ${size} each)  ${verdict} ${GOAL.toLocaleString('en')}\n` +
    `${cpuMicrosecondsPerStatement} µs of CPU a statement\n`;
  return { json, text, ok };
};
