import type { Queryable } from '../../adapters/postgres/database.ts';
import type { RegistryChange } from '../chain/types.ts';

/** A batch whose key is gone, and why. */
export type ErasedBatch = {
  readonly digest: Uint8Array;
  readonly keyCommitment: Uint8Array;
  readonly reason: string;
};

/** Asks the operator to state something. The sequencer authors it in one of its next transactions, once. */
export type OperatorIntents = {
  /** Queues registry changes inside the caller's transaction; a change queued before is left alone. */
  readonly registryChanges: (tx: Queryable, changes: readonly RegistryChange[]) => Promise<void>;
  /** Queues the receipt of an erasure inside the caller's transaction, once a batch. */
  readonly erasure: (tx: Queryable, erased: ErasedBatch) => Promise<void>;
};

/** Liveness of the sequencer, for health and metrics. */
export type SequencerStatus = {
  /** Whether this process holds the lock. */
  readonly role: 'leader' | 'standby' | 'stopped';
  readonly term: bigint;
  readonly size: bigint;
  /** Statements acknowledged and not in the log, and how long the oldest has waited. */
  readonly pendingStatements: number;
  readonly oldestPendingMs: number;
  /** Why the last attempt failed, if it did. */
  readonly lastError: string | undefined;
};

/** Orders acknowledged statements into the log while it holds the lock. */
export type Sequencer = {
  readonly status: () => Promise<SequencerStatus>;
  /** Resolves when everything acknowledged before the call is in a published checkpoint. For tests and the demo. */
  readonly drained: () => Promise<void>;
  /** Finishes the transaction under way, then gives the lock up. */
  readonly stop: () => Promise<void>;
};
