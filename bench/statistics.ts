/** The value that half of the samples do not exceed. @throws Error without samples */
export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** The value that a share of the samples does not exceed, by the nearest rank. @throws Error without samples */
export const quantile = (samples: readonly number[], share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new Error('there are no samples');
  return found;
};
