import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { toHex, type Hex } from '@gridseal/protocol';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { findChromium, runInChromium } from '../../test/setup/browser/chromium.ts';
import type { BenchReport } from '../report.ts';
import { median, quantile } from '../statistics.ts';
import { run, type VerifyTask, type VerifyTimes } from './measure.ts';

const DOCUMENTS = new URL('../../test/vectors/documents/', import.meta.url);
const GOALS_MS = { node: 10, chromium: 50 } as const;
const [WARMUPS, RUNS] = [50, 200];

/** A device's batch with readings, its P-256 key enrolled; the same with a lineage; an owner's statement by secp256k1. */
const BUNDLES = ['device', 'revoked', 'owner'] as const;

/** One row: a bundle verified somewhere. `goalMs` is the most the median may be. */
type VerifyFigure = {
  readonly where: string;
  readonly bundle: string;
  readonly bytes: number;
  readonly firstMs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly goalMs: number | null;
};

type Task = { readonly name: string; readonly bytes: number; readonly task: VerifyTask };

const tasks = async (): Promise<Task[]> => {
  const trust = await readFile(new URL('trust.json', DOCUMENTS), 'utf8');
  return Promise.all(
    BUNDLES.map(async (name) => {
      const bytes = await readFile(new URL(`${name}.bundle.json`, DOCUMENTS));
      const bundle: Hex = toHex(bytes);
      return { name, bytes: bytes.length, task: { bundle, trust, warmups: WARMUPS, runs: RUNS } };
    }),
  );
};

const figure = (
  where: string,
  { name, bytes }: Task,
  { firstMs, samplesMs }: VerifyTimes,
  goalMs: number | null,
): VerifyFigure => ({
  where,
  bundle: name,
  bytes,
  firstMs,
  medianMs: median(samplesMs),
  p95Ms: quantile(samplesMs, 0.95),
  goalMs,
});

/** The first verification is that of a process, or a page, that has run nothing before. */
const inFreshNode = async ({ task }: Task): Promise<VerifyTimes> => {
  const program = `import { run } from ${JSON.stringify(new URL('measure.ts', import.meta.url).href)};
process.stdout.write(JSON.stringify(run(${JSON.stringify(task)})));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout) as VerifyTimes;
};

const measureVerification = async (): Promise<{
  figures: VerifyFigure[];
  notMeasured: string[];
}> => {
  const figures: VerifyFigure[] = [];
  const all = await tasks();
  for (const each of all) {
    figures.push(figure('Node, portable', each, await inFreshNode(each), GOALS_MS.node));
  }
  const { primitives, missing } = await loadPrimitives();
  for (const each of all) figures.push(figure('Node, native', each, run(each.task, primitives), null));
  const notMeasured = missing.map(({ build }) => `Node, native: no build of ${build} for this platform`);
  const chromium = findChromium();
  if ('missing' in chromium)
    return { figures, notMeasured: [...notMeasured, `Chromium: ${chromium.missing}`] };
  for (const each of all) {
    const times = await runInChromium(chromium.path, 'bench/verify/measure.ts', each.task);
    figures.push(figure('Chromium', each, times as VerifyTimes, GOALS_MS.chromium));
  }
  return { figures, notMeasured };
};

/**
 * Time from a bundle's bytes to its verdict, in Node as the command line verifies and in Chromium as a page does.
 *
 * @example npm run bench -- verify --json
 */
export const runVerifyBench = async (): Promise<BenchReport> => {
  const { figures, notMeasured } = await measureVerification();
  const isMet = ({ medianMs, goalMs }: VerifyFigure): boolean => goalMs === null || medianMs <= goalMs;
  const ok = figures.every(isMet);
  const ms = (value: number): string => value.toFixed(2).padStart(8);
  const rows = figures.map((each) => {
    const verdict = each.goalMs === null ? '' : `${isMet(each) ? 'within' : 'ABOVE'} ${each.goalMs}`;
    const name = `${each.where}: bundle ${each.bundle}, ${each.bytes} bytes`;
    return `${name.padEnd(46)}${ms(each.medianMs)}${ms(each.p95Ms)}${ms(each.firstMs)}  ${verdict}`.trimEnd();
  });
  const head = `${'milliseconds'.padEnd(46)}${['median', 'p95', 'first'].map((name) => name.padStart(8)).join('')}`;
  const missing = notMeasured.map((reason) => `not measured: ${reason}`);
  return {
    json: { bench: 'verify', runs: RUNS, warmups: WARMUPS, ok, figures, notMeasured },
    text: `${[head, ...rows, ...missing].join('\n')}\n`,
    ok,
  };
};
