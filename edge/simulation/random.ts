/**
 * A reproducible number in [0, 1) for a seed and a position, so that a simulated
 * station gives the same value for the same moment however often it is restarted.
 * Mixing is the 32-bit finaliser of MurmurHash3.
 *
 * @example
 * uniform(7, 1_700_000_000) // always the same number
 */
export const uniform = (seed: number, position: number): number => {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(position | 0, 0xc2b2ae35);
  h ^= Math.imul(Math.floor(position / 2 ** 32), 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
};

/**
 * Value noise in [0, 1): smooth between knots `periodMs` apart.
 *
 * @example
 * noise(7, Date.UTC(2026, 5, 1), 600_000) // a cloud cover that drifts over ten minutes
 */
export const noise = (seed: number, timeMs: number, periodMs: number): number => {
  const knot = Math.floor(timeMs / periodMs);
  const t = timeMs / periodMs - knot;
  const smooth = t * t * (3 - 2 * t);
  return uniform(seed, knot) * (1 - smooth) + uniform(seed, knot + 1) * smooth;
};
