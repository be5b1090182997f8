import type { CID } from 'multiformats/cid';
import type { Block } from '../../content/blocks.ts';

/** A payload block that a log entry cites, while PostgreSQL still holds it. */
export type PendingPayload = {
  readonly index: bigint;
  readonly cid: CID;
  readonly bytes: Uint8Array;
};

/** Where sealed payload blocks are until a segment of them is in the content store. */
export type PayloadSource = {
  /**
   * Payloads of the sequenced entries of `[from, to)` that have one, in log order, read in portions
   * so that a segment never has to fit in memory twice.
   */
  readonly payloads: (from: bigint, to: bigint) => AsyncIterable<PendingPayload>;
  /** One payload block by the digest of its statement; `undefined` when it has left PostgreSQL. */
  readonly payloadOf: (digest: Uint8Array) => Promise<Uint8Array | undefined>;
  /** Says that everything below `to` is in the content store and may be dropped here. */
  readonly release: (to: bigint) => Promise<void>;
};

/** A range of the log whose payloads are in the content store under one root. */
export type Segment = {
  readonly fromIndex: bigint;
  readonly toIndex: bigint;
  readonly root: CID;
  readonly payloadCount: number;
  readonly payloadBytes: number;
};

/** Where content-addressed blocks live: the blockstore on disk, or a Kubo node. */
export type ContentStore = {
  /**
   * Stores blocks and pins their root, which leads to all of them; both are durable when it resolves.
   * Importing them again changes nothing.
   *
   * @throws BlockError `block-corrupt` when a block is not its CID's
   */
  readonly importBlocks: (root: CID, blocks: AsyncIterable<Block> | Iterable<Block>) => Promise<void>;
  /**
   * Stores one block and pins it alone, not what it links to: a recursive pin of a manifest would
   * walk every manifest before it.
   */
  readonly putPinned: (cid: CID, bytes: Uint8Array) => Promise<void>;
  /** A block's bytes, or `undefined` when the store does not have it. An error is never `undefined`. */
  readonly get: (cid: CID) => Promise<Uint8Array | undefined>;
  /** {@link ContentStore.get} of many, in their order. */
  readonly getAll: (cids: readonly CID[]) => Promise<readonly (Uint8Array | undefined)[]>;
};
