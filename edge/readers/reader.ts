import type { Reading } from '@gridseal/protocol';

/** A half-open interval of device time, in Unix milliseconds, and the sampling period. */
export type Interval = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly everyMs: number;
};

/** Where readings come from: a file, a bus, a simulation. */
export type MeterReader = {
  /** Readings of the interval in any order. */
  readonly read: (interval: Interval) => Promise<readonly Reading[]>;
};
