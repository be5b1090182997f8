import type { Hex, Trust } from '@gridseal/protocol';
import { createPublicClient, http, type PublicClient } from 'viem';
import { SdkError } from '../errors.ts';

/** A node that the verifier trusts to tell the chain of its trust, and a way to ask it. */
export type TrustedNode = {
  readonly client: PublicClient;
  /** Waits for an answer. @throws SdkError `unreachable` */
  readonly ask: <T>(question: Promise<T>) => Promise<T>;
  /** The block at a height, or undefined where the node has none. */
  readonly blockAt: (number: bigint) => Promise<NodeBlock | undefined>;
};

/** A block as a node tells it. */
export type NodeBlock = { readonly hash: Hex; /** Unix seconds. */ readonly timestamp: bigint };

/** Heights above are no block's, whatever a stranger's file says: a node need not be asked. */
const MAX_HEIGHT = 1n << 63n;

/**
 * Connects to a node and holds it to the chain that the trust names.
 *
 * @throws SdkError `unreachable`; `wrong-chain` when chain id or genesis are not those of the trust
 */
export const openTrustedNode = async (options: {
  readonly rpcUrl: string;
  readonly trust: Pick<Trust, 'chainId' | 'genesisHash'>;
}): Promise<TrustedNode> => {
  const { rpcUrl, trust } = options;
  const client = createPublicClient({ transport: http(rpcUrl, { retryCount: 1, timeout: 10_000 }) });
  const ask = async <T>(question: Promise<T>): Promise<T> => {
    try {
      return await question;
    } catch (cause) {
      throw new SdkError('unreachable', `the node at ${rpcUrl} did not answer`, { retryable: true, cause });
    }
  };
  const blockAt = async (number: bigint): Promise<NodeBlock | undefined> => {
    if (number >= MAX_HEIGHT) return undefined;
    const question = client.request({
      method: 'eth_getBlockByNumber',
      params: [`0x${number.toString(16)}`, false],
    });
    const read = question.then((block) =>
      // A node answers null for a block that it does not have, whatever the types say.
      typeof block?.hash === 'string' ? { hash: block.hash, timestamp: BigInt(block.timestamp) } : undefined,
    );
    return ask(read);
  };
  const chainId = await ask(client.getChainId());
  if (String(chainId) !== trust.chainId)
    throw new SdkError(
      'wrong-chain',
      `${rpcUrl} is chain ${chainId}; the trust is for chain ${trust.chainId}`,
    );
  if (trust.genesisHash !== null && (await blockAt(0n))?.hash !== trust.genesisHash)
    throw new SdkError('wrong-chain', `${rpcUrl} has another genesis block than the trust names`);
  return { client, ask, blockAt };
};
