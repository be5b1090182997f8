import type { Hex } from '@gridseal/protocol';

import type { Deployment } from '../chain/bind.ts';
import type { ChainBinding } from '../chain/types.ts';

/** `gridseal-trust/1` as docs/spec/bundle.md defines it. Integers are decimal strings. */
export type TrustDocument = {
  readonly format: 'gridseal-trust/1';
  readonly chainId: string;
  readonly genesisHash: Hex;
  readonly evidenceLog: { readonly address: Hex; readonly codeHash: Hex };
  readonly deviceRegistry: { readonly address: Hex; readonly codeHash: Hex };
  readonly logs: readonly {
    readonly logId: Hex;
    readonly operator: Hex;
    /** `to` is exclusive; null = until further notice. `key` is a C2SP verifier key. */
    readonly noteKeys: readonly { readonly from: string; readonly to: string | null; readonly key: string }[];
  }[];
  readonly witnesses: { readonly quorum: string; readonly keys: readonly string[] };
  readonly finality: { readonly depth: string };
  readonly headers: readonly Hex[];
};

/**
 * What a verifier must trust to judge this service's bundles. It says nothing about whether to: a
 * verifier compares it with what the alliance published elsewhere, on paper or in its agreement.
 */
export const describeTrust = (
  binding: ChainBinding,
  deployment: Pick<Deployment, 'evidenceLog' | 'deviceRegistry'>,
  verifierKey: string,
): TrustDocument => ({
  format: 'gridseal-trust/1',
  chainId: String(binding.chainId),
  genesisHash: binding.genesisHash,
  evidenceLog: { address: deployment.evidenceLog.address, codeHash: deployment.evidenceLog.codeHash },
  deviceRegistry: {
    address: deployment.deviceRegistry.address,
    codeHash: deployment.deviceRegistry.codeHash,
  },
  logs: [
    {
      logId: binding.logId,
      operator: binding.operator,
      noteKeys: [{ from: '0', to: null, key: verifierKey }],
    },
  ],
  witnesses: { quorum: '0', keys: [] },
  finality: { depth: String(binding.finalityDepth) },
  headers: [],
});
