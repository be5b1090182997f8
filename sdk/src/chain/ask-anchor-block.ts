import {
  decodeEntry,
  decodeHeader,
  fromHex,
  isZero,
  MerkleError,
  portable,
  ProtocolError,
  toHex,
  type Bundle,
  type Hex,
  type NotBeforeAnswer,
  type Trust,
} from '@gridseal/protocol';
import { openTrustedNode, type TrustedNode } from './trusted-node.ts';

/** What a node says of the block that a bundle's anchor is in. */
export type AnchorBlockAnswer = (
  | { readonly status: 'canonical'; readonly hash: Hex; readonly depth: bigint }
  | { readonly status: 'refused'; readonly reason: string }
) & {
  /** What it says of the block after which the statement claims to be signed; undefined where nothing is claimed or known. */
  readonly notBefore?: NotBeforeAnswer;
};

/** What a stranger's bytes say, or undefined where they cannot be read: that is for the verifier to judge. */
const readOr = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof MerkleError) return undefined;
    throw error;
  }
};

/**
 * Asks a node that the verifier trusts whether an anchor's block is canonical and deep enough, and whether the block after
 * which the statement claims to be signed is one of its chain. Whatever a bundle holds, it ends in an answer.
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
  const node = await openTrustedNode({ rpcUrl, trust });
  const claimed = await askNotBefore(node, bundle);
  return { ...(await askAnchor(node, options)), ...(claimed === undefined ? {} : { notBefore: claimed }) };
};

const askAnchor = async (
  { client, ask, blockAt }: TrustedNode,
  { rpcUrl, bundle, trust }: { readonly rpcUrl: string; readonly bundle: Bundle; readonly trust: Trust },
): Promise<AnchorBlockAnswer> => {
  const block = bundle.anchor?.block;
  const header = block && readOr(() => decodeHeader(fromHex(block.header), portable));
  if (block === undefined || header === undefined)
    return { status: 'refused', reason: "the header of the anchor's block cannot be read" };
  const { number } = header;
  const found = await blockAt(number);
  if (found?.hash !== block.hash)
    return { status: 'refused', reason: `block ${number} of ${rpcUrl} is ${found?.hash ?? 'unknown'}` };
  const depth = (await ask(client.getBlockNumber({ cacheTime: 0 }))) - number;
  const needed = BigInt(trust.finality.depth);
  return depth < needed
    ? { status: 'refused', reason: `block ${number} has ${depth} blocks above it and needs ${needed}` }
    : { status: 'canonical', hash: found.hash, depth };
};

const askNotBefore = async (
  { blockAt }: TrustedNode,
  bundle: Bundle,
): Promise<NotBeforeAnswer | undefined> => {
  const header = readOr(() => decodeEntry(fromHex(bundle.entry)).authorPart.header);
  if (header === undefined || isZero(header.notBeforeHash)) return undefined;
  const { notBeforeBlock: number, notBeforeHash } = header;
  const found = await blockAt(number);
  if (found === undefined) return undefined;
  return found.hash === toHex(notBeforeHash)
    ? { status: 'canonical', timestamp: found.timestamp }
    : { status: 'refused', reason: `block ${number}, after which it claims to be signed, is ${found.hash}` };
};
