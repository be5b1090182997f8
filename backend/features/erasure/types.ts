/** A wrapping key and the period that payload blocks name it by. */
type PeriodKey = { readonly period: string; readonly key: Uint8Array };

/** Batch keys of a period, wrapped by the key of `under` now; by the digest of their batch in hex without prefix. */
export type Survivors = { readonly under: string; readonly keys: ReadonlyMap<string, Uint8Array> };

/** The key store as an erasure needs it, outside the database and its backups. */
export type ErasureKeys = {
  readonly current: () => PeriodKey;
  readonly renew: () => Promise<PeriodKey>;
  readonly createApart: () => Promise<PeriodKey>;
  readonly find: (period: string) => Promise<Uint8Array | undefined>;
  readonly rewrapped: (period: string) => Promise<Survivors | undefined>;
  readonly writeRewrapped: (period: string, survivors: Survivors) => Promise<void>;
  readonly destroy: (period: string) => Promise<void>;
};

/** How far an erasure is. */
export type ErasureState = {
  readonly digest: Uint8Array;
  readonly reason: string;
  /** Milliseconds since the Unix epoch; undefined until the key is gone. */
  readonly erasedMs: number | undefined;
  /** Where the log says so; undefined until it does. */
  readonly index: bigint | undefined;
};

/** Destroys keys of batches, for good. */
export type Erasures = {
  /**
   * Asks for the erasure of a batch; asking again changes nothing.
   *
   * @throws ErasureError `statement-unknown`, `no-readings`, `payload-missing`
   */
  readonly ask: (digest: Uint8Array, reason: string) => Promise<ErasureState>;
  readonly find: (digest: Uint8Array) => Promise<ErasureState | undefined>;
};
