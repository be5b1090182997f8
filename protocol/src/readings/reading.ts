/** One measured value. `channel` and `quality` are defined by docs/spec/readings.md and the batch's profile. */
export type Reading = {
  /** Device time, Unix milliseconds. */
  readonly timeMs: bigint;
  /** Unsigned 32 bits; from 2³¹ up a summary. */
  readonly channel: number;
  /** Unsigned 32 bits of {@link QUALITY}; 0 is good. */
  readonly quality: number;
  /** Signed 64 bits; `value × 10^scale` is in the unit that the profile gives the channel. */
  readonly value: bigint;
};

/** Bits of a reading's quality. */
export const QUALITY = { estimated: 1, substituted: 2, suspect: 4, simulated: 8 } as const;

/** First channel of the summaries: totals, peaks and the like. */
export const FIRST_SUMMARY_CHANNEL = 0x8000_0000;
