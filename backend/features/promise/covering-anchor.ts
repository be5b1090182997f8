import { equal, fromHex, toHex, type Hex } from '@gridseal/protocol';
import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import type { PromiseAnswer } from '@gridseal/sdk/promise/actions';
import type { PublicClient } from 'viem';

import type { AnchorStore } from '../anchor/anchor-store.ts';
import type { ChainBinding, KeyDirectory } from '../chain/types.ts';
import type { LogReader } from '../log/types.ts';
import type { OpenChallenge } from './types.ts';

/**
 * Finds what answers a challenge: an anchor in time that covers the entry, that no reorganisation takes back and that the
 * contracts still know. An answer that names an anchor in a block that is replaced would revert, and be paid for in vain.
 *
 * @returns 'not-final' where blocks are to come until there is one, undefined when there is none, or when the receipt is for
 *   an entry that this log does not hold
 */
export const findPromiseAnswer = async (
  { digest, entryHash, deadline }: OpenChallenge,
  context: {
    readonly client: PublicClient;
    readonly binding: ChainBinding;
    readonly anchorPromise: Hex;
    readonly directory: Pick<KeyDirectory, 'head'>;
    readonly anchors: Pick<AnchorStore, 'coveringEvents'>;
    readonly log: Pick<LogReader, 'head' | 'indexOf' | 'leafHash' | 'inclusionProof' | 'root'>;
  },
): Promise<PromiseAnswer | 'not-final' | undefined> => {
  const { client, binding, anchorPromise, directory, anchors, log } = context;
  const index = await log.indexOf(fromHex(digest));
  if (index === undefined || toHex(await log.leafHash(index)) !== entryHash) return undefined;
  const published = (await log.head())?.size ?? 0n;
  const finalBlock = (directory.head()?.number ?? 0n) - binding.finalityDepth;
  for (const { epoch, size, root, blockTime, blockNumber } of await anchors.coveringEvents(index, deadline)) {
    // An anchor of an epoch that was given up may hold another log than ours.
    if (size > published || !equal(await log.root(size), fromHex(root))) continue;
    // The oldest come first.
    if (blockNumber > finalBlock) return 'not-final';
    const state = { epoch: Number(epoch), size, root, time: blockTime, blockNumber };
    const [[found, position], recorded] = await Promise.all([
      client.readContract({
        address: binding.evidenceLog,
        abi: evidenceLogAbi,
        functionName: 'locate',
        args: [binding.logId, state],
      }),
      client.readContract({
        address: anchorPromise,
        abi: anchorPromiseAbi,
        functionName: 'isRecorded',
        args: [binding.evidenceLog, binding.logId, state],
      }),
    ]);
    if (!found && !recorded) continue;
    const path = (await log.inclusionProof(index, size)).map(toHex);
    return { state, position, index, path };
  }
  return undefined;
};
