import { bytesToHex, hexToBytes, numberToHex, RpcRequestError, type Hex, type PublicClient } from 'viem';
import { fromHex, keyRecordSlots } from '@gridseal/protocol';

import { ArchiveError } from './errors.ts';

/** The key of one author, as statements cite it. */
export type KeyReference = { readonly identity: Hex; readonly keyId: Hex };

/** Storage proofs of a key record's three slots, nodes root first. */
export type KeyRecordProof = KeyReference & {
  readonly record: readonly [readonly Hex[], readonly Hex[], readonly Hex[]];
};

/** Account proofs of both contracts and the storage proofs of the key records asked for. */
export type StateProofs = {
  readonly evidenceLog: readonly Hex[];
  readonly deviceRegistry: readonly Hex[];
  readonly keyRecords: readonly KeyRecordProof[];
};

type RpcProof = {
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly {
    readonly key: Hex;
    readonly value: Hex;
    readonly proof: readonly Hex[];
  }[];
};

/** Keys proven in one `eth_getProof`: three slots each, well under the providers' answer limits. */
const KEYS_PER_REQUEST = 64;

/**
 * Fetches the proofs of an anchor's block from a node (EIP-1186). The node's word is not taken for
 * anything: the caller verifies the proofs against the header's state root.
 *
 * @throws ArchiveError `StateUnavailable` when the node answers, but not with a proof of that block
 */
export const fetchStateProofs = async (
  client: PublicClient,
  contracts: { readonly evidenceLog: Hex; readonly deviceRegistry: Hex },
  blockNumber: bigint,
  keys: readonly KeyReference[],
): Promise<StateProofs> => {
  const block = numberToHex(blockNumber);
  const proofOf = async (address: Hex, slots: readonly Hex[]): Promise<RpcProof> => {
    try {
      return await client.request({ method: 'eth_getProof', params: [address, [...slots], block] });
    } catch (error) {
      if (isAnswer(error)) throw new ArchiveError('StateUnavailable', { actual: block, cause: error });
      throw error;
    }
  };

  const { accountProof: evidenceLog } = await proofOf(contracts.evidenceLog, []);
  const { accountProof: deviceRegistry } = await proofOf(contracts.deviceRegistry, []);
  const keyRecords: KeyRecordProof[] = [];
  for (let start = 0; start < keys.length; start += KEYS_PER_REQUEST) {
    const chunk = keys.slice(start, start + KEYS_PER_REQUEST);
    const slots = chunk.flatMap(({ identity, keyId }) =>
      keyRecordSlots(fromHex(identity), fromHex(keyId)).map((slot) => bytesToHex(slot)),
    );
    const { storageProof } = await proofOf(contracts.deviceRegistry, slots);
    const nodes = new Map(storageProof.map(({ key, proof }) => [BigInt(key), proof]));
    for (const [index, key] of chunk.entries()) {
      const [times, profile, lastGood] = slots
        .slice(3 * index, 3 * index + 3)
        .map((slot) => nodes.get(BigInt(slot)));
      if (times === undefined || profile === undefined || lastGood === undefined) {
        throw new ArchiveError('StateUnavailable', { expected: key.keyId });
      }
      keyRecords.push({ ...key, record: [times, profile, lastGood] });
    }
  }
  return { evidenceLog, deviceRegistry, keyRecords };
};

/** Whether the node answered with an error, as opposed to not answering. */
const isAnswer = (error: unknown): boolean => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof RpcRequestError) return true;
  }
  return false;
};

/** Proof nodes as `bytea[]` values. */
export const toNodes = (nodes: readonly Hex[]): Uint8Array[] => nodes.map((node) => hexToBytes(node));
/** Proof nodes from `bytea[]` values. */
export const fromNodes = (nodes: readonly Uint8Array[]): Hex[] => nodes.map((node) => bytesToHex(node));
