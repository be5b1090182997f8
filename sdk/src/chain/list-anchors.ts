import type { Hex, Trust } from '@gridseal/protocol';
import { keccak256, type PublicClient } from 'viem';
import { evidenceLogAbi } from '../abi/evidence-log.ts';
import { SdkError } from '../errors.ts';
import { openTrustedNode } from './trusted-node.ts';

/** An anchor of a log, as its contract's event tells it. */
export type ChainAnchor = {
  readonly epoch: bigint;
  readonly size: bigint;
  /** RFC 6962 root. */
  readonly root: Hex;
  /** SHA-256 of the manifest block. */
  readonly manifest: Hex;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly transactionHash: Hex;
};

/**
 * Every anchor of a log, newest first. Each names the block of the one before, so no range of the chain is searched.
 *
 * @param logId of the log; the trust names its contract
 * @throws SdkError `unreachable`; `wrong-chain` when the node's chain, or its contract, is not that of the trust; `unexpected-answer` when an event is not
 *   where the contract says it is
 * @example const [newest] = await listAnchors({ rpcUrl, trust, logId })
 */
export const listAnchors = async (options: {
  readonly rpcUrl: string;
  readonly trust: Pick<Trust, 'chainId' | 'genesisHash' | 'evidenceLog'>;
  readonly logId: Hex;
}): Promise<readonly ChainAnchor[]> => {
  const { rpcUrl, trust, logId } = options;
  const { client, ask } = await openTrustedNode({ rpcUrl, trust });
  const { address, codeHash } = trust.evidenceLog;
  const code = await ask(client.getCode({ address }));
  if (code === undefined || keccak256(code) !== codeHash)
    throw new SdkError('wrong-chain', `${address} at ${rpcUrl} has other code than the trust names`);
  const { blockNumber } = await ask(
    client.readContract({ address, abi: evidenceLogAbi, functionName: 'head', args: [logId] }),
  );
  const anchors: ChainAnchor[] = [];
  for (let block = blockNumber; block !== 0n;) {
    const { found, previousBlock } = await ask(anchorsOf(client, address, logId, block));
    if (found.length === 0)
      throw new SdkError(
        'unexpected-answer',
        `block ${block} holds no anchor of ${logId}, and the contract names it`,
      );
    for (const anchor of found) anchors.push(anchor);
    block = previousBlock;
  }
  return anchors;
};

/** Anchors of one block, newest first, and the block of the one before them. */
const anchorsOf = async (client: PublicClient, address: Hex, logId: Hex, block: bigint) => {
  const events = await client.getContractEvents({
    address,
    abi: evidenceLogAbi,
    eventName: 'Anchored',
    args: { logId },
    fromBlock: block,
    toBlock: block,
    strict: true,
  });
  const found = events.map(
    ({ args: { epoch, size, root, manifest }, blockHash, transactionHash }): ChainAnchor => {
      return { epoch, size, root, manifest, blockNumber: block, blockHash, transactionHash };
    },
  );
  return { found: found.toReversed(), previousBlock: events[0]?.args.previousBlock ?? 0n };
};
