import { createPublicClient, http, type PublicClient } from 'viem';
import { decodeHeader, fromHex, portable, type Bundle, type Hex, type Trust } from '@gridseal/protocol';
import { SdkError } from '../errors.ts';

/** What a node says of the block that a bundle's anchor is in. */
export type AnchorBlockAnswer =
  | { readonly status: 'canonical'; readonly hash: Hex; readonly depth: bigint }
  | { readonly status: 'refused'; readonly reason: string };

const ask = async <T>(rpcUrl: string, question: Promise<T>): Promise<T> => {
  try {
    return await question;
  } catch (cause) {
    throw new SdkError('unreachable', `the node at ${rpcUrl} did not answer`, { retryable: true, cause });
  }
};

const blockHashAt = async (client: PublicClient, number: bigint): Promise<Hex | undefined> => {
  const block = await client.request({
    method: 'eth_getBlockByNumber',
    params: [`0x${number.toString(16)}`, false],
  });
  return block?.hash ?? undefined;
};

/**
 * Asks a node that the verifier trusts whether an anchor's block is canonical and deep enough.
 *
 * @throws SdkError `unreachable`; `wrong-chain` when chain id or genesis are not those of the trust
 * @example const answer = await askAnchorBlock({ rpcUrl, bundle, trust })
 */
export const askAnchorBlock = async (options: {
  readonly rpcUrl: string;
  readonly bundle: Bundle;
  readonly trust: Trust;
}): Promise<AnchorBlockAnswer> => {
  const { rpcUrl, bundle, trust } = options;
  if (bundle.anchor === null) return { status: 'refused', reason: 'the bundle has no anchor' };
  const client = createPublicClient({ transport: http(rpcUrl, { retryCount: 1, timeout: 10_000 }) });
  const chainId = await ask(rpcUrl, client.getChainId());
  if (String(chainId) !== trust.chainId) {
    throw new SdkError(
      'wrong-chain',
      `${rpcUrl} is chain ${chainId}; the trust is for chain ${trust.chainId}`,
    );
  }
  const genesis = await ask(rpcUrl, blockHashAt(client, 0n));
  if (trust.genesisHash !== null && genesis !== trust.genesisHash) {
    throw new SdkError('wrong-chain', `${rpcUrl} has another genesis block than the trust names`);
  }
  const { number } = decodeHeader(fromHex(bundle.anchor.block.header), portable);
  const found = await ask(rpcUrl, blockHashAt(client, number));
  if (found !== bundle.anchor.block.hash) {
    return { status: 'refused', reason: `block ${number} of ${rpcUrl} is ${found ?? 'unknown'}` };
  }
  const depth = (await ask(rpcUrl, client.getBlockNumber({ cacheTime: 0 }))) - number;
  const needed = BigInt(trust.finality.depth);
  return depth < needed
    ? { status: 'refused', reason: `block ${number} has ${depth} blocks above it and needs ${needed}` }
    : { status: 'canonical', hash: found, depth };
};
