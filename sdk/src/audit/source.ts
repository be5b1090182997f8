/** An anchor as the chain, or who speaks for it, tells it. */
export type AuditedAnchor = {
  readonly size: bigint;
  /** RFC 6962 root, 32 bytes. */
  readonly root: Uint8Array;
};

/** Where an audit reads a log from: bytes only, nothing that someone else concluded. */
export type AuditSource = {
  /** The newest signed checkpoint. */
  readonly checkpoint: () => Promise<string>;
  /** Entries of a C2SP entry bundle, `width` of them. */
  readonly entries: (bundle: bigint, width: number) => Promise<readonly Uint8Array[]>;
  /** Hashes of a tile, `width` × 32 bytes. */
  readonly tile: (level: number, index: bigint, width: number) => Promise<Uint8Array>;
  /** Size below which every payload is in the content store; none is asked for above it. */
  readonly payloadsBelow: () => Promise<bigint>;
  /** A payload block by its binary CID, or undefined where it is not there. */
  readonly payload: (cid: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly anchors: () => Promise<readonly AuditedAnchor[]>;
};
