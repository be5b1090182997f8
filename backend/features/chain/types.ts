import type { Hex } from '@gridseal/protocol';

/** A block the follower has seen, by number and hash. `time` is in Unix seconds. */
export type BlockRef = {
  readonly number: bigint;
  readonly hash: Hex;
  readonly time: bigint;
};

/**
 * What the chain says about a key at the follower's head.
 *
 * - `pending`: enrolled, but not yet at the chain's finality depth. It does not speak yet.
 * - `active`: enrolled at finality and not revoked at the head.
 * - `revoked`: revoked at the head (a revocation counts at once). `lastGood` and its ancestors,
 *   found by walking `previous`, stay admissible whenever they arrive; zero means none is.
 */
export type KeyStatus = 'pending' | 'active' | 'revoked';

/** One key record of the DeviceRegistry, as followed. Times are block times in Unix seconds. */
export type KeyStanding = {
  readonly identity: Hex;
  readonly keyId: Hex;
  readonly algorithm: number;
  readonly purpose: number;
  readonly profile: Hex;
  readonly status: KeyStatus;
  readonly validFrom: bigint;
  readonly enrolledAt: BlockRef;
  /** Zero while the key is not revoked. */
  readonly revokedAt: bigint;
  /** Zero hash unless the key was revoked and the revocation named a last good statement. */
  readonly lastGood: Hex;
};

/**
 * Synchronous view of the registry, kept in memory by the follower. Lookups never touch the
 * chain or the database, so ingest may ask once per batch. Addresses and hashes are lower-case.
 */
export type KeyDirectory = {
  /** The standing of a key, or `undefined` when the registry has no record of it. */
  readonly find: (identity: Hex, keyId: Hex) => KeyStanding | undefined;
  /** ERC-1056 owner of an identity: itself until an owner change says otherwise. */
  readonly ownerOf: (identity: Hex) => Hex;
  /** Last block applied, or `undefined` before the first. */
  readonly head: () => BlockRef | undefined;
  /**
   * Hash of a recent block on the followed chain, to check `notBeforeHash`; `undefined` when the
   * block is above the head or older than what is kept, which proves nothing either way.
   */
  readonly blockHash: (number: bigint) => Hex | undefined;
  /**
   * Identities of which the log knows more than the registry: the chain took back what was final, and does not hold it
   * again. What the registry says of them is not to be relied on; a revocation may be missing.
   */
  readonly takenBack: () => ReadonlySet<Hex>;
};

/** Addresses and identity of the log on its chain, fixed for the life of the process. */
export type ChainBinding = {
  readonly chainId: bigint;
  readonly genesisHash: Hex;
  readonly evidenceLog: Hex;
  readonly deviceRegistry: Hex;
  /** Judges receipts; undefined for a log that began before there was such a contract. */
  readonly anchorPromise?: Hex | undefined;
  readonly logId: Hex;
  readonly epoch: bigint;
  readonly operator: Hex;
  /** Block in which the log was created: nothing of it is older. */
  readonly createdAt: bigint;
  /** Blocks above a block before it counts as final. */
  readonly finalityDepth: bigint;
};

/** Registry changes as the `change` member of a RegistryEvent statement names them. */
export const REGISTRY_CHANGE = { enrolled: 1, revoked: 2, ownerChanged: 3 } as const;

/** One registry event, ready to become a RegistryEvent operator statement. */
export type RegistryChange = {
  readonly identity: Hex;
  /** Zero hash for an owner change. */
  readonly keyId: Hex;
  readonly change: (typeof REGISTRY_CHANGE)[keyof typeof REGISTRY_CHANGE];
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly transactionHash: Hex;
  readonly logIndex: number;
};
