import type { Hex, PublicClient } from 'viem';

import { ArchiveError } from './errors.ts';
import { encodeHeader, type RpcHeader } from './header.ts';
import { proveReceipt, type ReceiptProof, type RpcReceipt } from './receipts.ts';

/** A block's header and one receipt in it, provable without a node. */
export type BlockProof = {
  readonly header: Hex;
  readonly stateRoot: Hex;
  readonly receipt: ReceiptProof;
  /** Block-wide index of the receipt's first log; `undefined` when it has none. */
  readonly firstLogIndex: number | undefined;
};

type RpcBlock = RpcHeader & {
  readonly number: Hex;
  readonly stateRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly transactions: readonly Hex[];
};

/**
 * Reads the header and the receipts of a block and proves one receipt in it.
 *
 * @throws ArchiveError `BlockReplaced`, `HeaderNotReproducible`, `ReceiptsNotReproducible`
 */
export const fetchBlockProof = async (
  client: PublicClient,
  blockHash: Hex,
  transactionIndex: number,
): Promise<BlockProof> => {
  const block = (await client.request({
    method: 'eth_getBlockByHash',
    params: [blockHash, false],
  })) as unknown as RpcBlock | null;
  if (block === null) throw new ArchiveError('BlockReplaced', { expected: blockHash });
  const header = encodeHeader(block);
  const receipts = await fetchReceipts(client, block);
  const receipt = await proveReceipt(receipts, block.receiptsRoot, transactionIndex);
  const [firstLog] = receipts[transactionIndex]?.logs ?? [];
  const firstLogIndex = firstLog === undefined ? undefined : Number(firstLog.logIndex);
  return { header, stateRoot: block.stateRoot, receipt, firstLogIndex };
};

/** Requests in flight while a block's receipts are read. */
const PARALLEL = 16;

/** One by one: every node has this method, and the receipts root tells if the block changed meanwhile. */
const fetchReceipts = async (client: PublicClient, block: RpcBlock): Promise<RpcReceipt[]> => {
  const fetchReceipt = async (hash: Hex): Promise<RpcReceipt> => {
    const receipt = (await client.request({
      method: 'eth_getTransactionReceipt',
      params: [hash],
    })) as unknown as RpcReceipt | null;
    if (receipt === null) throw new ArchiveError('BlockReplaced', { expected: block.hash, actual: hash });
    return receipt;
  };
  const receipts: RpcReceipt[] = [];
  for (let start = 0; start < block.transactions.length; start += PARALLEL) {
    receipts.push(
      ...(await Promise.all(block.transactions.slice(start, start + PARALLEL).map(fetchReceipt))),
    );
  }
  return receipts;
};
