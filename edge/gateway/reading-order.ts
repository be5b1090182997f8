import type { Reading } from '@gridseal/protocol';

/** The order of the readings of a batch: by channel, then by time. */
export const byChannelAndTime = (a: Reading, b: Reading): number =>
  a.channel - b.channel || (a.timeMs < b.timeMs ? -1 : a.timeMs > b.timeMs ? 1 : 0);
