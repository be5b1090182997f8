import type { Hex, Receipt } from '@gridseal/protocol';

/** The operator's promise with its signature (`algorithm ‖ r ‖ s ‖ v`, 66 bytes). The same statement always gets the same. */
export type SignedReceipt = { readonly receipt: Receipt; readonly signature: Uint8Array };

/** Every reason for which a statement is not taken. The list is closed; docs/guide/ingest.md explains each. */
export type RefusalCode =
  | 'malformed'
  | 'oversize'
  | 'kind-not-accepted'
  | 'wrong-log'
  | 'wrong-chain'
  | 'clock-skew'
  | 'key-unknown'
  | 'key-pending'
  | 'key-revoked'
  | 'key-purpose'
  | 'owner-not-admitted'
  | 'lineage-unproven'
  | 'profile-mismatch'
  | 'signature-invalid'
  | 'commitment-mismatch'
  | 'reset-missing'
  | 'reset-unfounded'
  | 'equivocation';

/** Why one statement of a request was not taken. */
export type Refusal = {
  readonly code: RefusalCode;
  /** Dotted path of the failing field, as in docs/spec: `header.sequence`, `readings[3].value`. */
  readonly field: string;
  readonly message: string;
  /** Whether the same bytes may be taken later without a change (`key-pending`, `lineage-unproven`, `reset-missing`). */
  readonly retryable: boolean;
};

/** Outcome of one statement of a request, in the order sent. */
export type SubmissionResult =
  | {
      readonly status: 'accepted' | 'duplicate';
      readonly digest: Uint8Array;
      readonly receipt: SignedReceipt;
    }
  | { readonly status: 'refused'; readonly digest: Uint8Array | undefined; readonly refusal: Refusal };

/** One statement as sent. A TelemetryBatch brings its readings, other kinds bring none. */
export type Submission = {
  /** Author part, docs/spec/statements.md. */
  readonly authorPart: Uint8Array;
  readonly payload: { readonly batchKey: Uint8Array; readonly columnar: Uint8Array } | undefined;
};

/** Takes statements: durable in PostgreSQL before the promise resolves. */
export type Ingest = {
  /**
   * @returns one result a submission, in order; a refused one disturbs no other
   * @throws IngestError `overloaded` when the queue or the sequencer's backlog is full, `closed` while stopping
   */
  readonly submit: (submissions: readonly Submission[]) => Promise<SubmissionResult[]>;
  /** Statements waiting to be written and bytes they hold. */
  readonly queued: () => { readonly statements: number; readonly bytes: number };
  /** How long the oldest submission under way has waited, in milliseconds: for its examination and its commit. */
  readonly waitingMs: () => number;
  /** Refuses new work and resolves when all that was taken is written. */
  readonly close: () => Promise<void>;
};

/** Signs 32-byte digests with the operator's secp256k1 key: deterministic (RFC 6979), low-s. */
export type OperatorSigner = {
  readonly address: Hex;
  /** r ‖ s ‖ v, 65 bytes, v 27 or 28. */
  readonly sign: (digest: Uint8Array) => Uint8Array;
};

/** The wrapping key of the current period, from the key store outside the database. */
export type PeriodKeys = {
  /** @param batches that are to be sealed: a key seals only so many */
  readonly current: (batches: number) => { readonly period: string; readonly key: Uint8Array };
  /** Told that the current period was closed by another service. */
  readonly closed: () => void;
};

/** An acknowledged statement, as its receipt names it. */
export type TakenStatement = {
  readonly digest: Uint8Array;
  readonly entryHash: Uint8Array;
  readonly receiptTimeMs: bigint;
  readonly deadline: bigint;
};

/** Makes the receipt of a statement, the same one every time it is asked. */
export type ReceiptIssuer = (taken: TakenStatement) => SignedReceipt;

/** Makes the receipts of many statements, in their order, on other threads where there are some. */
export type ReceiptsIssuer = (taken: readonly TakenStatement[]) => Promise<readonly SignedReceipt[]>;
