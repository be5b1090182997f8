import { toHex, type Hex, type Trust } from '@gridseal/protocol';
import type { PublicClient } from 'viem';
import { anchorPromiseAbi } from '../abi/anchor-promise.ts';
import { anchorPromiseAddress } from '../abi/deployment.ts';
import { evidenceLogAbi } from '../abi/evidence-log.ts';
import { listAnchors } from '../chain/list-anchors.ts';
import type { SignedReceipt } from './signed-receipt.ts';
import { ask } from '../chain/send-call.ts';

/** An anchor as the contracts name it, and where the ring of its log holds it. */
export type CoveringAnchor = {
  readonly state: {
    readonly epoch: number;
    readonly size: bigint;
    readonly root: Hex;
    readonly time: bigint;
    readonly blockNumber: bigint;
  };
  readonly position: number;
};

/**
 * Finds an anchor that keeps a receipt's promise and that the contracts still know.
 *
 * @param index of the entry, from 0
 * @returns `undefined` when no anchor in time covers it, or those that did are forgotten and were not recorded
 * @throws SdkError `unreachable`, `wrong-chain`, `unexpected-answer`
 */
export const findCoveringAnchor = async (options: {
  readonly node: PublicClient;
  readonly rpcUrl: string;
  readonly trust: Trust;
  readonly signed: SignedReceipt;
  readonly index: bigint;
}): Promise<CoveringAnchor | undefined> => {
  const { node, rpcUrl, trust, signed, index } = options;
  const logId = toHex(signed.receipt.logId);
  const evidenceLog = trust.evidenceLog.address;
  const anchors = await listAnchors({ rpcUrl, trust, logId });
  for (const { epoch, size, root, blockNumber } of anchors.toReversed()) {
    if (size <= index) continue;
    const { timestamp: time } = await ask(node.getBlock({ blockNumber }));
    if (time > signed.receipt.deadline) break;
    const state = { epoch: Number(epoch), size, root, time, blockNumber };
    const [[found, position], recorded] = await ask(
      Promise.all([
        node.readContract({
          address: evidenceLog,
          abi: evidenceLogAbi,
          functionName: 'locate',
          args: [logId, state],
        }),
        node.readContract({
          address: anchorPromiseAddress,
          abi: anchorPromiseAbi,
          functionName: 'isRecorded',
          args: [evidenceLog, logId, state],
        }),
      ]),
    );
    if (found || recorded) return { state, position };
  }
  return undefined;
};
