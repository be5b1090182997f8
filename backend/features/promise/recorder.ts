import type { Hex } from '@gridseal/protocol';
import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import { encodeFunctionData } from 'viem';

import type { StepOutcome } from '../../worker/poller.ts';
import type { AnchorStore } from '../anchor/anchor-store.ts';
import type { Outbox } from '../chain/outbox.ts';
import type { ChainBinding } from '../chain/types.ts';

/**
 * Has AnchorPromise keep one anchor in each half of what receipts promise, so that every promise that was kept can still be
 * shown when the ring of the EvidenceLog has long forgotten its anchors.
 */
export type AnchorRecorder = { readonly step: () => Promise<StepOutcome> };

/**
 * Creates the recorder.
 *
 * @param promiseMs how long after a statement its receipt promises an anchor
 * @param holdsLease whether this process is the one that anchors
 */
export const createAnchorRecorder = (options: {
  readonly anchorPromise: Hex;
  readonly binding: ChainBinding;
  readonly store: Pick<AnchorStore, 'newestEvent'>;
  readonly outbox: Outbox;
  readonly promiseMs: number;
  readonly holdsLease: () => Promise<boolean>;
}): AnchorRecorder => {
  const { anchorPromise, binding, store, outbox, holdsLease } = options;
  const spanS = BigInt(Math.max(1, Math.floor(options.promiseMs / 2_000)));
  return {
    step: async () => {
      if (!(await holdsLease())) return 'idle';
      const newest = await store.newestEvent(binding.epoch);
      if (newest === undefined) return 'idle';
      const { epoch, size, root, blockTime: time, blockNumber } = newest;
      // One reference a span: what was sent for it, by whichever process, is found and not sent again.
      const reference = `record:${epoch}:${time / spanS}`;
      const sent = await outbox.find(reference);
      if (sent?.status === 'pending' || sent?.status === 'mined') return 'idle';
      const state = { epoch: Number(epoch), size, root, time, blockNumber };
      const data = encodeFunctionData({
        abi: anchorPromiseAbi,
        functionName: 'recordAnchor',
        args: [binding.evidenceLog, binding.logId, state],
      });
      await outbox.submit({ reference, to: anchorPromise, data });
      return 'idle';
    },
  };
};
