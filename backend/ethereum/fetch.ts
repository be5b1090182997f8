import { MethodNotFoundRpcError, MethodNotSupportedRpcError, type Hex, type PublicClient } from 'viem';

import { BlockError } from './errors.ts';
import { encodeHeader, type RpcHeader } from './header.ts';
import { proveReceipts, type RpcReceipt } from './receipts.ts';

/** A block as a node gives it, whose header was proven against its hash. */
export type RpcBlock = RpcHeader & {
  readonly number: Hex;
  readonly parentHash: Hex;
  readonly timestamp: Hex;
  readonly stateRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly logsBloom: Hex;
  readonly transactions: readonly Hex[];
};

/** Requests in flight while a block's receipts are read one by one. */
const PARALLEL = 16;

const request = (client: PublicClient, method: string, params: readonly unknown[]): Promise<unknown> =>
  client.request({ method, params } as never);

const proven = (block: RpcBlock | null, asked: string): RpcBlock => {
  if (block === null) throw new BlockError('BlockReplaced', { expected: asked });
  encodeHeader(block);
  return block;
};

/** Reads a block by its hash. @throws BlockError `BlockReplaced`, `HeaderNotReproducible` */
export const fetchBlock = async (client: PublicClient, hash: Hex): Promise<RpcBlock> => {
  const block = proven((await request(client, 'eth_getBlockByHash', [hash, false])) as RpcBlock | null, hash);
  if (block.hash !== hash)
    throw new BlockError('HeaderNotReproducible', { expected: hash, actual: block.hash });
  return block;
};

/** Reads the block of a number. @throws BlockError `BlockReplaced`, `HeaderNotReproducible` */
export const fetchBlockAt = async (client: PublicClient, number: bigint): Promise<RpcBlock> => {
  const hex = `0x${number.toString(16)}`;
  const block = proven((await request(client, 'eth_getBlockByNumber', [hex, false])) as RpcBlock | null, hex);
  if (BigInt(block.number) !== number)
    throw new BlockError('HeaderNotReproducible', { expected: `block ${number}`, actual: block.number });
  return block;
};

/**
 * Reads all receipts of a block and proves them against its header.
 *
 * @throws BlockError `BlockReplaced`, `ReceiptsNotReproducible`
 */
export const fetchReceipts = async (
  client: PublicClient,
  block: RpcBlock,
): Promise<readonly RpcReceipt[]> => {
  const receipts = (await atOnce(client, block)) ?? (await oneByOne(client, block));
  await proveReceipts(receipts, block.receiptsRoot);
  return receipts;
};

/** Not every node has the method; the receipts root tells if the block changed meanwhile. */
const atOnce = async (client: PublicClient, block: RpcBlock): Promise<readonly RpcReceipt[] | undefined> => {
  try {
    const receipts = await request(client, 'eth_getBlockReceipts', [block.hash]);
    return (receipts ?? undefined) as readonly RpcReceipt[] | undefined;
  } catch (error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      if (cause instanceof MethodNotFoundRpcError || cause instanceof MethodNotSupportedRpcError)
        return undefined;
    throw error;
  }
};

const oneByOne = async (client: PublicClient, block: RpcBlock): Promise<RpcReceipt[]> => {
  const fetchReceipt = async (hash: Hex): Promise<RpcReceipt> => {
    const receipt = await request(client, 'eth_getTransactionReceipt', [hash]);
    if (receipt === null) throw new BlockError('BlockReplaced', { expected: block.hash, actual: hash });
    return receipt as RpcReceipt;
  };
  const receipts: RpcReceipt[] = [];
  for (let start = 0; start < block.transactions.length; start += PARALLEL) {
    const portion = block.transactions.slice(start, start + PARALLEL);
    for (const receipt of await Promise.all(portion.map(fetchReceipt))) receipts.push(receipt);
  }
  return receipts;
};
