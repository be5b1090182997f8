/** How much of the fault suite runs: all of it under `npm run test:faults`, a sample as a part of `npm test`. */
export type Extent = {
  readonly isWhole: boolean;
  /** Of the first randomized run; each run has the next one. */
  readonly seed: number;
  readonly runs: number;
  /** Whether one failure is all that is asked for: a log without a safety may wait long in each scenario. */
  readonly bails: boolean;
};

const SAMPLE_RUNS = 8;
/** One of so many cases of the table. */
const SAMPLE_OF = 24;

const { FAULT_RUNS: runs, FAULT_SEED: seed } = process.env;

export const extent: Extent = {
  isWhole: runs !== undefined,
  seed: seed === undefined ? Date.now() % 1_000_000 : Number(seed),
  runs: runs === undefined ? SAMPLE_RUNS : Number(runs),
  bails: process.env.FAULT_BAIL !== undefined,
};

/** The cases that this run takes of a list: all, or every few beginning with one that the seed picks. */
export const sampled = <T>(cases: readonly T[]): readonly T[] =>
  extent.isWhole ? cases : cases.filter((_, i) => i % SAMPLE_OF === extent.seed % SAMPLE_OF);
