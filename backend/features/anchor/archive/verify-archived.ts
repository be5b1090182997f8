import { verifyMerkleProof } from '@ethereumjs/mpt';
import { fromHex, keyRecordSlots, type Hex } from '@gridseal/protocol';
import { hexToBytes, keccak256 } from 'viem';

import { ArchiveError } from './errors.ts';
import type { StateProofs } from './state-proofs.ts';

/**
 * Checks the state proofs against the state root of the anchor's header.
 *
 * @throws ArchiveError `EvidenceRefused` naming the proof that does not hold
 */
export const verifyStateProofs = async (
  contracts: { readonly evidenceLog: Hex; readonly deviceRegistry: Hex },
  stateRoot: Hex,
  proofs: StateProofs,
): Promise<void> => {
  const prove = async (what: string, root: Uint8Array, key: Hex, nodes: readonly Hex[]) => {
    try {
      return await verifyMerkleProof(
        hexToBytes(keccak256(key)),
        nodes.map((node) => hexToBytes(node)),
        {
          root,
        },
      );
    } catch (cause) {
      throw new ArchiveError('EvidenceRefused', { expected: what, cause });
    }
  };
  await prove('evidenceLog account', fromHex(stateRoot), contracts.evidenceLog, proofs.evidenceLog);
  await prove('deviceRegistry account', fromHex(stateRoot), contracts.deviceRegistry, proofs.deviceRegistry);
  keyRecordSlots;
};
