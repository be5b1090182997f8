import { verifyMerkleProof } from '@ethereumjs/mpt';
import { fromHex, keyRecordSlots, toHex, type Hex } from '@gridseal/protocol';
import { bytesToHex, fromRlp, hexToBytes, keccak256 } from 'viem';

import { ArchiveError } from './errors.ts';
import type { StateProofs } from './state-proofs.ts';

/**
 * Checks state proofs against the state root of the anchor's header, so that nothing is archived
 * which a verifier would refuse later, when the node cannot be asked again.
 *
 * @throws ArchiveError `EvidenceRefused`; `expected` names the proof that does not hold
 */
export const verifyStateProofs = async (
  contracts: { readonly evidenceLog: Hex; readonly deviceRegistry: Hex },
  stateRoot: Hex,
  proofs: StateProofs,
): Promise<void> => {
  requireAccount(
    await prove('EvidenceLog', stateRoot, contracts.evidenceLog, proofs.evidenceLog),
    'EvidenceLog',
  );
  const account = await prove('DeviceRegistry', stateRoot, contracts.deviceRegistry, proofs.deviceRegistry);
  const { storageRoot } = requireAccount(account, 'DeviceRegistry');
  for (const { identity, keyId, record } of proofs.keyRecords) {
    const slots = keyRecordSlots(fromHex(identity), fromHex(keyId));
    for (const [position, slot] of slots.entries()) {
      await prove(
        `key record ${identity} ${keyId} slot ${position}`,
        storageRoot,
        toHex(slot),
        record[position] ?? [],
      );
    }
  }
};

/** Root of a trie without entries. Nodes prove absence in it by no node, or by the empty one. */
const EMPTY_NODE: Hex = '0x80';
const EMPTY_ROOT = keccak256(EMPTY_NODE);

const prove = async (
  what: string,
  root: Hex,
  key: Hex,
  nodes: readonly Hex[],
): Promise<Uint8Array | undefined> => {
  if (root === EMPTY_ROOT && nodes.every((node) => node === EMPTY_NODE)) return undefined;
  const [first] = nodes;
  const actual = first === undefined ? 'no proof' : keccak256(first);
  if (actual !== root)
    throw new ArchiveError('EvidenceRefused', { expected: `${what} under ${root}`, actual });
  try {
    const value = await verifyMerkleProof(
      hexToBytes(keccak256(key)),
      nodes.map((node) => hexToBytes(node)),
    );
    return value ?? undefined;
  } catch (cause) {
    throw new ArchiveError('EvidenceRefused', { expected: what, cause });
  }
};

/** Reads an account of the state trie: nonce, balance, storage root, code hash. */
const requireAccount = (value: Uint8Array | undefined, what: string): { readonly storageRoot: Hex } => {
  const fields = value === undefined ? undefined : fromRlp(bytesToHex(value));
  const storageRoot: unknown = Array.isArray(fields) && fields.length === 4 ? fields[2] : undefined;
  if (typeof storageRoot !== 'string') {
    throw new ArchiveError('EvidenceRefused', { expected: `the account of ${what}`, actual: 'none' });
  }
  return { storageRoot: storageRoot as Hex };
};
