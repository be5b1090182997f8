import { createHash } from 'node:crypto';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { median } from '../statistics.ts';
import { treeLibraries, type BuiltTree } from './trees.ts';

/** A sample is of so many leaves: a small tree is built and proven again and again. */
const LEAVES_A_SAMPLE = 16_384;
const [WARM_UP_MS, MEASURE_MS] = [1000, 3000];
const MIN_SAMPLES = 3;

/** Medians of one library on the blocks of one size. */
export type TreeTimes = {
  /** From blocks to the root, leaf hashes included. */
  readonly buildMs: number;
  /** One proof, every leaf's being made. */
  readonly proofUs: number;
  readonly samples: number;
};

/** The same blocks in every process. */
const blockOf = (i: number): Buffer => createHash('sha512').update(String(i)).digest();

const timed = <T>(work: () => T): { readonly ms: number; readonly value: T } => {
  const start = performance.now();
  const value = work();
  return { ms: performance.now() - start, value };
};

/** One sample: building, and proving every leaf, each for as many trees as make up its leaves. */
const sample = (build: () => BuiltTree, leaves: number): { buildMs: number; proofUs: number } => {
  const trees = LEAVES_A_SAMPLE / leaves;
  const built = timed(() => Array.from({ length: trees }, build));
  const proven = timed(() => {
    for (const tree of built.value) tree.proveAll();
  });
  return { buildMs: built.ms / trees, proofUs: (1000 * proven.ms) / LEAVES_A_SAMPLE };
};

/**
 * Measures one library, warmed up for a second and then for three, at least three times.
 *
 * @param name of a library of {@link treeLibraries}
 * @throws Error when there is none of that name
 */
export const measure = async (name: string, leaves: number): Promise<TreeTimes> => {
  const { primitives } = await loadPrimitives();
  const library = treeLibraries(primitives).find((each) => each.name === name);
  if (library === undefined) throw new Error(`there is no ${name}`);
  const build = library.prepare(Array.from({ length: leaves }, (_, i) => blockOf(i)));
  const during = (ms: number, least: number): ReturnType<typeof sample>[] => {
    const samples: ReturnType<typeof sample>[] = [];
    const end = performance.now() + ms;
    while (samples.length < least || performance.now() < end) samples.push(sample(build, leaves));
    return samples;
  };
  during(WARM_UP_MS, 1);
  const samples = during(MEASURE_MS, MIN_SAMPLES);
  return {
    buildMs: median(samples.map(({ buildMs }) => buildMs)),
    proofUs: median(samples.map(({ proofUs }) => proofUs)),
    samples: samples.length,
  };
};
