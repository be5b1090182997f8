import type { ReadingSelection } from './readings.ts';

/** Which coverage a bundle must have: an archived anchor, or the newest checkpoint for want of one. */
export type BundleCoverage = 'anchored' | 'anchored-or-checkpoint';

/** Puts bundles together. Every one was verified by the protocol's own verifier before it is returned. */
export type Bundles = {
  /**
   * @returns the bundle's one encoding (docs/spec/bundle.md)
   * @throws EvidenceError
   */
  readonly build: (
    digest: Uint8Array,
    options: {
      readonly coverage: BundleCoverage;
      readonly disclose?: ReadingSelection | undefined;
      /** Ends the work of a bundle that nobody waits for. */
      readonly signal?: AbortSignal | undefined;
    },
  ) => Promise<Uint8Array>;
};
