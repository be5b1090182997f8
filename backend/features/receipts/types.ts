import type { Hex } from '@gridseal/protocol';
import type { SignedReceipt } from '../ingest/types.ts';

/** How far a statement has come. Each stage includes the ones before it, `cosigned` only where witnesses are configured. */
export type ReceiptStage = 'accepted' | 'sequenced' | 'cosigned' | 'anchored' | 'final';

/** The anchor that covers a log index: the first confirmed one whose size is larger. */
export type AnchorStage = {
  readonly size: bigint;
  readonly root: Hex;
  readonly transactionHash: Hex;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  /** Unix seconds. */
  readonly blockTime: bigint;
  readonly final: boolean;
};

/** What receipts ask of the anchor feature. */
export type AnchorCoverage = {
  /** The anchor that covers the index, or undefined while none does. */
  readonly coverOf: (index: bigint) => Promise<AnchorStage | undefined>;
};

/** A receipt with everything that has happened to its statement since. */
export type StagedReceipt = {
  readonly digest: Uint8Array;
  readonly stage: ReceiptStage;
  readonly accepted: SignedReceipt;
  readonly sequenced: { readonly index: bigint; readonly checkpoint: string } | undefined;
  /** A checkpoint that covers it, with a quorum of witness signatures. */
  readonly cosigned: { readonly checkpoint: string } | undefined;
  readonly anchored: AnchorStage | undefined;
};
