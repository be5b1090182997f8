import { authorPartOf, decodeAuthorPart, toHex } from '@gridseal/protocol';
import type { PublicClient } from 'viem';

import type { ChainBinding } from '../../chain/types.ts';
import type { LogReader } from '../../log/types.ts';
import type { Anchor, ChainAnchor } from '../types.ts';
import { fetchBlockProof } from './block-proof.ts';
import { ArchiveError } from './errors.ts';
import type { EvidenceStore } from './evidence-store.ts';
import { fetchStateProofs, type KeyReference } from './state-proofs.ts';
import { verifyStateProofs } from './verify-state.ts';

/** Archives the evidence of anchors while their block's state is still to be had. */
export type AnchorArchivist = {
  /**
   * Collects, verifies and stores the evidence of an anchor that the follower saw.
   *
   * @throws ArchiveError
   */
  readonly archive: (anchor: Anchor, event: ChainAnchor) => Promise<void>;
};

/** Entries read from the log at once. */
const PORTION = 4_096n;

/** Creates the archivist. Everything it fetches is proven against the block's hash before it is stored. */
export const createAnchorArchivist = (options: {
  readonly client: PublicClient;
  readonly binding: ChainBinding;
  readonly log: Pick<LogReader, 'entries'>;
  readonly store: EvidenceStore;
}): AnchorArchivist => {
  const { client, binding, log, store } = options;

  const keysCited = async (from: bigint, to: bigint): Promise<KeyReference[]> => {
    const keys = new Map<string, KeyReference>();
    for (let start = from; start < to; start += PORTION) {
      for (const entry of await log.entries(start, to < start + PORTION ? to : start + PORTION)) {
        const { author, keyId } = decodeAuthorPart(authorPartOf(entry.bytes)).header;
        const key = { identity: toHex(author), keyId: toHex(keyId) };
        if (key.identity !== binding.operator) keys.set(key.identity + key.keyId, key);
      }
    }
    return [...keys.values()];
  };

  return {
    archive: async (anchor, event) => {
      const coversFrom = await store.coveredBelow(anchor.epoch, anchor.size);
      const keys = await keysCited(coversFrom, anchor.size);
      const block = await fetchBlockProof(client, event.blockHash, event.transactionIndex);
      if (block.firstLogIndex === undefined) {
        throw new ArchiveError('AnchorEventMissing', { expected: event.transactionHash });
      }
      const state = await fetchStateProofs(client, binding, event.blockNumber, keys);
      const evidence = {
        anchorId: anchor.id,
        blockNumber: event.blockNumber,
        blockHash: event.blockHash,
        blockTime: event.blockTime,
        header: block.header,
        transactionHash: event.transactionHash,
        receipt: block.receipt,
        logIndex: event.logIndex - block.firstLogIndex,
        contractProof: state.evidenceLog,
        registryProof: state.deviceRegistry,
      };
      await verifyStateProofs(binding, block.stateRoot, state);
      await store.store(evidence, coversFrom, state.keyRecords);
    },
  };
};
