import { fromHex } from '@gridseal/protocol';
import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import type { PublicClient } from 'viem';

import { ChainError } from './errors.ts';
import type { ChainBinding } from './types.ts';

/** The newest state of the log on its chain: what a restored database must not be behind of. */
export type AnchoredHead = { readonly size: bigint; readonly root: Uint8Array };

/**
 * Reads the newest anchor from the chain itself, not from what was followed.
 *
 * @returns `undefined` when the log was never anchored in this epoch
 * @throws ChainError `chain-inconsistent` when the head's event is not in the head's block
 */
export const readAnchoredHead = async (
  client: PublicClient,
  binding: Pick<ChainBinding, 'evidenceLog' | 'logId' | 'epoch'>,
): Promise<AnchoredHead | undefined> => {
  const { size, blockNumber, epoch } = await client.readContract({
    address: binding.evidenceLog,
    abi: evidenceLogAbi,
    functionName: 'head',
    args: [binding.logId],
  });
  if (size === 0n || BigInt(epoch) !== binding.epoch) return undefined;
  const block = blockNumber;
  const events = await client.getContractEvents({
    address: binding.evidenceLog,
    abi: evidenceLogAbi,
    eventName: 'Anchored',
    args: { logId: binding.logId, size },
    fromBlock: block,
    toBlock: block,
  });
  const root = events.at(-1)?.args.root;
  if (root === undefined) {
    throw new ChainError('chain-inconsistent', `block ${block} holds no anchor of size ${size}`);
  }
  return { size, root: fromHex(root) };
};
