import type { Trust } from '@gridseal/protocol';

import type { Deployment } from '../chain/bind.ts';
import type { ChainBinding } from '../chain/types.ts';

/**
 * What a verifier must trust to judge this service's bundles. It says nothing about whether to: a
 * verifier compares it with what the alliance published elsewhere, on paper or in its agreement.
 */
export const describeTrust = (
  binding: ChainBinding,
  deployment: Pick<Deployment, 'evidenceLog' | 'deviceRegistry'>,
  verifierKey: string,
  witnesses: Trust['witnesses'],
): Trust => ({
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
  witnesses,
  finality: { depth: String(binding.finalityDepth) },
  headers: [],
});
