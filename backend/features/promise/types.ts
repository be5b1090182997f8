import type { Hex } from '@gridseal/protocol';

/** A challenge of one of this log's receipts that nobody has answered yet. Times are Unix seconds. */
export type OpenChallenge = {
  /** EIP-712 digest of the receipt, by which AnchorPromise names the challenge. */
  readonly receiptDigest: Hex;
  /** Of the statement that the receipt is for. */
  readonly digest: Hex;
  /** RFC 6962 leaf hash of the entry promised. */
  readonly entryHash: Hex;
  /** The time by which an anchor was promised. */
  readonly deadline: bigint;
  /** The last time at which an answer is heard. */
  readonly answerBy: bigint;
};
