import type { VerifierKey } from '@gridseal/protocol/tlog/note';

/** A C2SP witness: who it signs as, and where it takes checkpoints. */
export type Witness = {
  /** A cosignature key (type 4). */
  readonly key: VerifierKey;
  /** Submission prefix, without a slash at its end. */
  readonly url: string;
};

/** A checkpoint with the signatures of at least a quorum of witnesses. */
export type CosignedCheckpoint = {
  readonly size: bigint;
  /** RFC 6962 root, 32 bytes. */
  readonly root: Uint8Array;
  /** The signed note, cosignature lines after the log's own. */
  readonly checkpoint: string;
};

/** What other features ask of witnesses. */
export type Cosignatures = {
  /** How many witnesses must have signed. 0: nothing waits for them. */
  readonly quorum: number;
  /** The largest checkpoint with its quorum, of at least one; undefined while there is none. */
  readonly newest: () => Promise<CosignedCheckpoint | undefined>;
};
