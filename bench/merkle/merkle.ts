import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import type { BenchReport } from '../report.ts';
import type { TreeTimes } from './measure.ts';
import { treeLibraries, type TreeLibrary } from './trees.ts';

const SIZES = [1024, 16_384] as const;
/** How many times as fast as the faster peer a batch's tree must be: built, and built with every leaf proven. */
const GOAL = 3;

/** One row. */
type TreeFigure = TreeTimes & {
  readonly name: string;
  readonly whose: TreeLibrary['whose'];
  readonly hash: TreeLibrary['hash'];
  readonly leaves: number;
  /** Building, and a proof of every leaf. */
  readonly totalMs: number;
  /** The faster peer's building by this one's. */
  readonly buildRatio: number;
  /** The faster peer's total by this one's. */
  readonly ratio: number;
};

type Measured = Omit<TreeFigure, 'ratio' | 'buildRatio'>;

/** Each library in a process of its own: what one leaves behind is not the next one's to clear. */
const measureApart = async ({ name, whose, hash }: TreeLibrary, leaves: number): Promise<Measured> => {
  const module = new URL('measure.ts', import.meta.url).href;
  const program = `import { measure } from ${JSON.stringify(module)};
process.stdout.write(JSON.stringify(await measure(${JSON.stringify(name)}, ${leaves})));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  const times = JSON.parse(stdout) as TreeTimes;
  return { name, whose, hash, leaves, ...times, totalMs: times.buildMs + (times.proofUs * leaves) / 1000 };
};

const withRatios = (measured: readonly Measured[]): TreeFigure[] => {
  const peers = measured.filter(({ whose }) => whose === 'peer');
  const build = Math.min(...peers.map(({ buildMs }) => buildMs));
  const total = Math.min(...peers.map(({ totalMs }) => totalMs));
  return measured.map((each) => ({ ...each, buildRatio: build / each.buildMs, ratio: total / each.totalMs }));
};

const rowOf = (figure: TreeFigure): string => {
  const { name, hash, leaves, buildMs, proofUs, totalMs, buildRatio, ratio } = figure;
  const columns = [buildMs.toFixed(2), proofUs.toFixed(2), totalMs.toFixed(1)].map((each) =>
    each.padStart(10),
  );
  const ratios = [buildRatio, ratio].map((each) => `${each.toFixed(2)}×`.padStart(9));
  return [`${name} (${hash}), ${leaves.toLocaleString('en')} leaves`.padEnd(66), ...columns, ...ratios].join(
    '',
  );
};

/**
 * Building Merkle trees and proving their leaves, ours beside two libraries, on the same blocks in the same run.
 *
 * @example npm run bench -- merkle --json
 */
export const runMerkleBench = async (): Promise<BenchReport> => {
  const { primitives, missing } = await loadPrimitives();
  const libraries = treeLibraries(primitives);
  const figures: TreeFigure[] = [];
  for (const size of SIZES) {
    const measured: Measured[] = [];
    for (const library of libraries) measured.push(await measureApart(library, size));
    figures.push(...withRatios(measured));
  }
  const [batch] = libraries;
  const ours = figures.filter(({ name }) => name === batch?.name);
  const worst = {
    build: Math.min(...ours.map(({ buildRatio }) => buildRatio)),
    all: Math.min(...ours.map(({ ratio }) => ratio)),
  };
  const ok = worst.build >= GOAL && worst.all >= GOAL;
  const outcome = (ratio: number): string => `${ratio.toFixed(2)}× (${ratio >= GOAL ? 'met' : 'MISSED'})`;
  const titles = ['build ms', 'proof µs', 'all ms'].map((title) => title.padStart(10));
  const lines = [
    [''.padEnd(66), ...titles, 'build'.padStart(9), 'all'.padStart(9)].join(''),
    ...figures.map(rowOf),
    'Medians; each library in a process of its own. Ratios are to the faster peer; "all" is building and proving every leaf.',
    `Goal of a batch's tree: ${GOAL}×. Built: ${outcome(worst.build)}; with every leaf proven: ${outcome(worst.all)}.`,
    ...missing.map(({ build }) => `Without ${build}: no build for this platform.`),
  ];
  const missingBuilds = missing.map(({ build }) => build);
  const goal = { library: batch?.name, ratio: GOAL, worst };
  return { json: { bench: 'merkle', goal, missingBuilds, ok, figures }, text: `${lines.join('\n')}\n`, ok };
};
