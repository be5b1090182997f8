import type { Reading } from '@gridseal/protocol';
import type { ChainPlace } from '../spool/chain-head.ts';

/** A half-open interval of device time, in Unix milliseconds, and the sampling period. */
export type Interval = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly everyMs: number;
};

/** Where readings come from: a file, a bus, a simulation. */
export type MeterReader = {
  /** Readings of the interval in any order; a source that holds older ones which nobody forgot returns them too. */
  readonly read: (interval: Interval) => Promise<readonly Reading[]>;
  /** Readings that `read` returned are about to be signed as the batch of a number, which tells after a crash whether they were. */
  readonly willSign?: (measured: readonly Reading[], place: ChainPlace) => Promise<void>;
  /** Readings that `read` returned are in a signed batch: the source need not keep them. */
  readonly forget?: (signed: readonly Reading[]) => Promise<void>;
};
