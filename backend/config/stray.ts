import type { Environment } from './variable.ts';
import { isSet } from './variable.ts';

const PREFIX = 'GRIDSEAL_';
/** Of the project's own test runs. */
const TEST_PREFIX = 'GRIDSEAL_TEST_';

/**
 * How many letters must be put in, left out, changed or swapped with the next one to make one word of the other: the
 * optimal string alignment distance.
 */
const distance = (a: string, b: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, beforeLast[j - 2]! + 1);
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
};

const isNear = (name: string, known: string): boolean => {
  const allowed = Math.min(name.length, known.length) < 6 ? 1 : 2;
  if (Math.abs(name.length - known.length) <= allowed && distance(name, known) <= allowed) return true;
  // A word of it left out: ANCHOR_INTERVAL for ANCHOR_INTERVAL_MS.
  return name.includes('_') && known.startsWith(`${name}_`);
};

/** Variables that something else on most machines sets. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  'HOME',
  'HOSTNAME',
  'HOSTTYPE',
  'LOGNAME',
  'PATH',
  'PWD',
  'SHLVL',
  'TERM',
  'USER',
  '_',
]);

/**
 * Variables that nobody reads and that look as if they were meant for us: with our prefix, or nearly the name of one.
 * A setting that is misspelt is a setting that is not made, and nothing would say so.
 *
 * @param known every name that is read
 * @returns a sentence for each, in order of names
 */
export const strayVariables = (env: Environment, known: readonly string[]): readonly string[] =>
  Object.keys(env)
    .filter((name) => isSet(env, name) && !known.includes(name) && !OF_OTHERS.has(name))
    .sort()
    .flatMap((name) => {
      if (name.startsWith(TEST_PREFIX)) return [];
      const upper = name.toUpperCase();
      const bare = upper.startsWith(PREFIX) ? upper.slice(PREFIX.length) : upper;
      const meant = known.find((each) => each === bare) ?? known.find((each) => isNear(bare, each));
      if (meant === undefined && !upper.startsWith(PREFIX)) return [];
      const remedy = meant === undefined ? 'docs/configuration.md lists them all' : `did you mean ${meant}?`;
      return [`${name} is set, and Gridseal reads no variable of that name: ${remedy}`];
    });
