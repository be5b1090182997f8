import type { Cosignatures } from './types.ts';

/** A log without witnesses: nothing is cosigned and nothing waits for it. */
export const NO_WITNESSES: Cosignatures = { quorum: 0, newest: () => Promise.resolve(undefined) };
