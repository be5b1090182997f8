import type { CID } from 'multiformats/cid';

import type { Hex } from '@gridseal/protocol';

/**
 * How far an anchor has come.
 *
 * - `chosen`: a published checkpoint was picked.
 * - `pinned`: its manifest and everything it links are in the content store, read back.
 * - `submitted`: a signed transaction is in the outbox.
 * - `confirmed`: the follower saw the `Anchored` event.
 * - `archived`: the evidence of the anchor is stored and verified.
 * - `superseded`: the chain holds a larger size, so this one can never land.
 * - `unprovable`: on chain, but the node lost the block's state before it was archived; the next
 *   anchor's evidence covers its entries as well.
 */
export type AnchorStatus =
  'chosen' | 'pinned' | 'submitted' | 'confirmed' | 'archived' | 'superseded' | 'unprovable';

/** One checkpoint chosen for the chain. */
export type Anchor = {
  readonly id: bigint;
  readonly epoch: bigint;
  readonly size: bigint;
  readonly root: Hex;
  readonly checkpoint: string;
  /** Size of the manifest before: entries of `[fromIndex, size)` are new in this one's manifest. */
  readonly fromIndex: bigint;
  readonly manifest: CID | undefined;
  readonly status: AnchorStatus;
  /** Transactions sent before the present one, each reverted or lost. */
  readonly attempt: number;
};

/** An `Anchored` event of this log on the followed chain. */
export type ChainAnchor = {
  readonly epoch: bigint;
  readonly size: bigint;
  readonly root: Hex;
  readonly manifest: Hex;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly blockTime: bigint;
  readonly transactionHash: Hex;
  readonly transactionIndex: number;
  /** Index of the event among all logs of its block. */
  readonly logIndex: number;
};

/** When to anchor. Both rules apply only while there are entries no anchor covers. */
export type AnchorPolicy = {
  readonly intervalMs: number;
  readonly maxEntries: number;
};

/** Liveness of anchoring, for health and metrics. */
export type AnchorLiveness = {
  readonly publishedSize: bigint;
  readonly anchoredSize: bigint;
  /** Age of the oldest published entry that no confirmed anchor covers; 0 when all are covered. */
  readonly oldestUnanchoredMs: number;
  readonly unfinished: Pick<Anchor, 'size' | 'status' | 'attempt'> | undefined;
  /** Anchors on chain whose evidence is not archived. */
  readonly unarchived: number;
};

/** Evidence of an anchor as archived; docs/spec/log.md. Trie nodes run from the root. */
export type AnchorEvidence = {
  readonly anchorId: bigint;
  readonly epoch: bigint;
  readonly size: bigint;
  readonly root: Hex;
  readonly checkpoint: string;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly blockTime: bigint;
  readonly header: Hex;
  readonly transactionHash: Hex;
  readonly receipt: { readonly index: number; readonly bytes: Hex; readonly proof: readonly Hex[] };
  /** Index of the event among the logs of its receipt. */
  readonly logIndex: number;
  readonly contractProof: readonly Hex[];
  readonly registryProof: readonly Hex[];
};

/** Storage proofs of a key record's three slots, nodes root first. */
export type KeyRecordNodes = readonly [readonly Hex[], readonly Hex[], readonly Hex[]];

/** What bundles need of the archive. */
export type AnchorArchive = {
  /** The earliest archived anchor that covers an index and proves the keys of its author there. */
  readonly evidenceFor: (index: bigint) => Promise<AnchorEvidence | undefined>;
  readonly keyRecord: (anchorId: bigint, identity: Hex, keyId: Hex) => Promise<KeyRecordNodes | undefined>;
};
