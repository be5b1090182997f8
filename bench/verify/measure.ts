// Runs in Node and in a browser: nothing here may need either.
import {
  decodeBundle,
  fromHex,
  parseTrust,
  portable,
  verify,
  type Hex,
  type Primitives,
} from '../../protocol/src/index.ts';

/** What is verified, and how often. */
export type VerifyTask = {
  readonly bundle: Hex;
  readonly trust: string;
  readonly warmups: number;
  readonly runs: number;
};

/** Milliseconds from a bundle's bytes to its verdict: of the first verification of all, and of each after warming up. */
export type VerifyTimes = { readonly firstMs: number; readonly samplesMs: readonly number[] };

/**
 * Verifies a bundle again and again, from bytes and a trust file's text each time.
 *
 * @throws Error when a layer fails: what fails early would be fast. What a bundle alone cannot show is left unchecked
 */
export const run = (task: VerifyTask, primitives: Primitives = portable): VerifyTimes => {
  const bytes = fromHex(task.bundle);
  const once = (): number => {
    const start = performance.now();
    const { outcome } = verify(decodeBundle(bytes), parseTrust(task.trust), {}, primitives);
    const elapsed = performance.now() - start;
    if (outcome === 'fails') throw new Error('the bundle fails');
    return elapsed;
  };
  const firstMs = once();
  for (let i = 0; i < task.warmups; i++) once();
  return { firstMs, samplesMs: Array.from({ length: task.runs }, once) };
};
