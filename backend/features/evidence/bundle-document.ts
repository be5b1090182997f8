import type { Hex } from '@gridseal/protocol';

/** A bundle as its JSON says it: docs/spec/bundle.md. Integers are decimal strings. */
export type BundleDocument = {
  readonly format: 'gridseal-bundle/1';
  readonly domain: { readonly chainId: string; readonly evidenceLog: Hex; readonly logId: Hex };
  readonly type: string;
  readonly entry: Hex;
  readonly proof: string;
  readonly verifierKeys: readonly string[];
  readonly anchor: null | {
    readonly block: { readonly hash: Hex; readonly header: Hex };
    readonly receipt: { readonly index: string; readonly bytes: Hex; readonly proof: readonly Hex[] };
    readonly logIndex: string;
    readonly consistency: readonly Hex[];
    readonly contract: readonly Hex[];
  };
  readonly authority: null | {
    readonly registry: readonly Hex[];
    readonly record: readonly [readonly Hex[], readonly Hex[], readonly Hex[]];
    readonly lineage: readonly Hex[];
  };
  readonly readings: null | {
    readonly profile: string;
    readonly disclosed: readonly {
      readonly index: string;
      readonly block: Hex;
      readonly path: readonly Hex[];
    }[];
  };
};
