import { availableParallelism } from 'node:os';
import { hour, integer, owners } from './parsers.ts';
import type { ValuesOf, Variables } from './variable.ts';

export type IngestConfig = {
  readonly maxClockSkewMs: number;
  readonly maxBatchesPerRequest: number;
  readonly maxPendingBatches: number;
  /** New work is refused while a batch has waited longer than this for its place in the log. */
  readonly maxSequencerLagMs: number;
  readonly workers: number;
  readonly admitOwners: 'any' | readonly string[];
};

/** One core is the event loop's; more threads than this gain little and cost some 100 MiB each. */
const spareCores = (): number => Math.min(4, availableParallelism() - 1);

export const INGEST_VARIABLES = {
  MAX_CLOCK_SKEW_MS: {
    schema: integer(0, 365 * 24 * hour).default(5 * 60_000),
    example: '300000',
    meaning: 'how far ahead of ours a device clock may be',
  },
  MAX_BATCHES_PER_REQUEST: {
    schema: integer(1, 65_535).default(1_024),
    example: '1024',
    meaning: 'batches of one request or message',
  },
  MAX_PENDING_BATCHES: {
    schema: integer(1, 100_000_000).default(1_000_000),
    example: '1000000',
    meaning: 'new work is refused while more batches than this are acknowledged and not in the log',
  },
  MAX_SEQUENCER_LAG_MS: {
    schema: integer(1_000, 24 * hour).default(30_000),
    example: '30000',
    meaning: 'new work is refused while a batch has waited longer than this for its place in the log',
  },
  INGEST_WORKERS: {
    schema: integer(0, 256).default(spareCores()),
    example: '2',
    meaning: 'threads that examine and seal batches; 0 does it in the main thread',
  },
  ADMIT_OWNERS: {
    schema: owners().default('any'),
    example: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
    meaning: 'owners whose devices may write, as addresses separated by commas, or any',
  },
} satisfies Variables;

export const arrangeIngest = (v: ValuesOf<typeof INGEST_VARIABLES>): IngestConfig => ({
  maxClockSkewMs: v.MAX_CLOCK_SKEW_MS,
  maxBatchesPerRequest: v.MAX_BATCHES_PER_REQUEST,
  maxPendingBatches: v.MAX_PENDING_BATCHES,
  maxSequencerLagMs: v.MAX_SEQUENCER_LAG_MS,
  workers: v.INGEST_WORKERS,
  admitOwners: v.ADMIT_OWNERS,
});
