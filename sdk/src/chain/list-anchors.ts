import type { Hex, Trust } from '@gridseal/protocol';
import { createPublicClient, http, type PublicClient } from 'viem';
import { evidenceLogAbi } from '../abi/evidence-log.ts';
import { SdkError } from '../errors.ts';

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
};

/**
 * Every anchor of a log, newest first. Each names the block of the one before, so no range of the chain is searched.
 *
 * @param logId of the log; the trust names its contract
 * @throws SdkError `unreachable`; `wrong-chain` when the node is of another chain; `unexpected-answer` when an event is not
 *   where the contract says it is
 * @example const [newest] = await listAnchors({ rpcUrl, trust, logId })
 */
export const listAnchors = async (options: {
  readonly rpcUrl: string;
  readonly trust: Pick<Trust, 'chainId' | 'evidenceLog'>;
  readonly logId: Hex;
}): Promise<readonly ChainAnchor[]> => {
  const { rpcUrl, trust, logId } = options;
  const client = createPublicClient({ transport: http(rpcUrl, { retryCount: 1, timeout: 10_000 }) });
  const ask = async <T>(question: Promise<T>): Promise<T> => {
    try {
      return await question;
    } catch (cause) {
      throw new SdkError('unreachable', `the node at ${rpcUrl} did not answer`, { retryable: true, cause });
    }
  };
  const chainId = await ask(client.getChainId());
  if (String(chainId) !== trust.chainId)
    throw new SdkError(
      'wrong-chain',
      `${rpcUrl} is chain ${chainId}; the trust is for chain ${trust.chainId}`,
    );
  const address = trust.evidenceLog.address;
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
    anchors.push(...found);
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
  const found = events.map(({ args: { epoch, size, root, manifest }, blockHash }): ChainAnchor => {
    return { epoch, size, root, manifest, blockNumber: block, blockHash };
  });
  return { found: found.toReversed(), previousBlock: events[0]?.args.previousBlock ?? 0n };
};
