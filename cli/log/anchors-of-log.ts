import { emptyRoot, equal, fromHex, portable, toHex, type Hex } from '@gridseal/protocol';
import { SdkError, type EpochPrefix, type KeptAnchor } from '@gridseal/sdk';
import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import { listAnchors, type ChainAnchor } from '@gridseal/sdk/chain/list-anchors';
import { NotProvenError } from '../not-proven-error.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { LogOnItsChain } from './on-chain.ts';
import { fetchLog } from './tiles.ts';

/** The anchors of the present epoch, held against the log that the service serves. Newest first. */
export type JudgedAnchors = {
  readonly epoch: bigint;
  readonly ours: readonly ChainAnchor[];
  /** Of which the log has no such state. */
  readonly foreign: readonly ChainAnchor[];
};

/**
 * Compares each anchor of the present epoch with the served tiles, by size and root.
 *
 * @throws NotProvenError when the tiles do not lead to the signed checkpoint; SdkError
 */
export const judgeAnchors = async ({
  flags,
  client,
  trust,
  logId,
}: LogOnItsChain): Promise<JudgedAnchors> => {
  const { size: served, root } = await readCheckpoint(client, flags.key);
  const tiles = fetchLog(client, served);
  if (!equal(await tiles.root(served), root))
    throw new NotProvenError('RootMismatch', 'the tiles do not lead to the root of the checkpoint');
  const anchors = await listAnchors({ rpcUrl: flags.rpc, trust, logId });
  const epoch = anchors[0]?.epoch ?? 0n;
  const ours: ChainAnchor[] = [];
  const foreign: ChainAnchor[] = [];
  for (const anchor of anchors) {
    if (anchor.epoch !== epoch) break;
    const isOurs = anchor.size <= served && equal(await tiles.root(anchor.size), fromHex(anchor.root));
    (isOurs ? ours : foreign).push(anchor);
  }
  return { epoch, ours, foreign };
};

/**
 * The newest state of ours that the contract still remembers: what a new epoch is to begin with. Where the first anchor of all
 * was not ours, that is the empty log.
 *
 * @returns the prefix, and how many anchors of ours are newer than it
 * @throws SdkError `refused` when the log was never anchored
 */
export const newestPrefix = async (
  { node, trust, logId }: LogOnItsChain,
  { ours, foreign }: JudgedAnchors,
): Promise<{ readonly prefix: EpochPrefix; readonly forgotten: number }> => {
  const locate = async (
    anchor: ChainAnchor,
  ): Promise<{ state: KeptAnchor; position: number } | undefined> => {
    const { timestamp } = await node.getBlock({ blockNumber: anchor.blockNumber });
    const { size, root, blockNumber } = anchor;
    const state = { epoch: Number(anchor.epoch), size, root, time: timestamp, blockNumber };
    const [found, position] = await node.readContract({
      address: trust.evidenceLog.address,
      abi: evidenceLogAbi,
      functionName: 'locate',
      args: [logId, state],
    });
    return found ? { state, position } : undefined;
  };
  for (const [forgotten, anchor] of ours.entries()) {
    const kept = await locate(anchor);
    if (kept === undefined) continue;
    return { prefix: { ...kept, size: anchor.size, root: anchor.root, proof: [] }, forgotten };
  }
  for (const anchor of foreign) {
    const kept = await locate(anchor);
    if (kept === undefined) continue;
    return {
      prefix: { ...kept, size: 0n, root: toHex(emptyRoot(portable)), proof: [] },
      forgotten: ours.length,
    };
  }
  throw new SdkError('refused', 'the log was never anchored: there is nothing to go back to');
};

/** The manifest that a prefix was anchored with; none leads to an empty log. */
export const manifestOf = ({ ours }: JudgedAnchors, size: bigint, root: Hex): Hex | undefined =>
  size === 0n
    ? `0x${'0'.repeat(64)}`
    : ours.find((anchor) => anchor.size === size && anchor.root === root)?.manifest;
