/** A checkpoint that was fsynced and published. `checkpoint` is the signed note's text. */
export type PublishedHead = {
  readonly origin: string;
  readonly epoch: bigint;
  /** Sequencer term at the time of the call; intents that outlive a process carry it. */
  readonly term: bigint;
  readonly size: bigint;
  /** RFC 6962 root, 32 bytes. */
  readonly root: Uint8Array;
  readonly checkpoint: string;
  readonly publishedMs: bigint;
};

/** Where an acknowledged statement is. `index` is undefined until it is in the published log. */
export type StatementPlace = {
  readonly block: bigint;
  /** Position within the block. */
  readonly position: number;
  readonly index: bigint | undefined;
};

/** An entry of the log with its place. */
export type LogEntry = {
  readonly index: bigint;
  readonly block: bigint;
  readonly position: number;
  /** Log entry bytes, docs/spec/statements.md. */
  readonly bytes: Uint8Array;
};

/** Entries in a row whose receipts promise an anchor so many seconds after receipt. */
export type PromisedEntries = { readonly entries: bigint; readonly seconds: bigint };

/**
 * Reads the log. Sizes and indices are bounded by the published head: nothing is shown before its
 * checkpoint is. Hashes are 32 bytes.
 */
export type LogReader = {
  /** The published head, or undefined before the first checkpoint. */
  readonly head: () => Promise<PublishedHead | undefined>;
  /** The entry at an index. @throws LogError `index-out-of-range` */
  readonly entry: (index: bigint) => Promise<LogEntry>;
  /** Entries [from, to), ascending, at most 4096 a call. @throws LogError `index-out-of-range`, `range-too-wide` */
  readonly entries: (from: bigint, to: bigint) => Promise<LogEntry[]>;
  /** What the receipts of entries [from, to) promise, in order. @throws LogError `index-out-of-range` */
  readonly promises: (from: bigint, to: bigint) => Promise<readonly PromisedEntries[]>;
  /** Place of an acknowledged statement by its EIP-712 digest, or undefined when it never was. */
  readonly place: (digest: Uint8Array) => Promise<StatementPlace | undefined>;
  /** Lowest index of a digest in the published log, or undefined. */
  readonly indexOf: (digest: Uint8Array) => Promise<bigint | undefined>;
  /** RFC 6962 leaf hash at an index. @throws LogError `index-out-of-range` */
  readonly leafHash: (index: bigint) => Promise<Uint8Array>;
  /** Root at a size up to the head's. @throws LogError `size-out-of-range` */
  readonly root: (size: bigint) => Promise<Uint8Array>;
  /** RFC 6962 inclusion path of a leaf in the tree of `size`. @throws LogError */
  readonly inclusionProof: (index: bigint, size: bigint) => Promise<Uint8Array[]>;
  /** RFC 6962 consistency path between two sizes. @throws LogError */
  readonly consistencyProof: (size1: bigint, size2: bigint) => Promise<Uint8Array[]>;
  /** A full or partial tile of level ≥ 0, `width` × 32 bytes. @throws LogError `tile-not-found` */
  readonly tile: (level: number, number: bigint, width: number) => Promise<Uint8Array>;
  /** A C2SP entry bundle of `width` entries. @throws LogError `tile-not-found` */
  readonly bundle: (number: bigint, width: number) => Promise<Uint8Array>;
};
