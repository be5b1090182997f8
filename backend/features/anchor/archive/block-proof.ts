import type { Hex, PublicClient } from 'viem';

import { fetchBlock, fetchReceipts } from '../../../ethereum/fetch.ts';
import { encodeHeader } from '../../../ethereum/header.ts';
import { proveReceipt, type ReceiptProof } from '../../../ethereum/receipts.ts';

/** A block's header and one receipt in it, provable without a node. */
export type BlockProof = {
  readonly header: Hex;
  readonly stateRoot: Hex;
  readonly receipt: ReceiptProof;
  /** Block-wide index of the receipt's first log; `undefined` when it has none. */
  readonly firstLogIndex: number | undefined;
};

/**
 * Reads the header and the receipts of a block and proves one receipt in it.
 *
 * @throws BlockError `BlockReplaced`, `HeaderNotReproducible`, `ReceiptsNotReproducible`
 */
export const fetchBlockProof = async (
  client: PublicClient,
  blockHash: Hex,
  transactionIndex: number,
): Promise<BlockProof> => {
  const block = await fetchBlock(client, blockHash);
  const receipts = await fetchReceipts(client, block);
  const receipt = await proveReceipt(receipts, block.receiptsRoot, transactionIndex);
  const [firstLog] = receipts[transactionIndex]?.logs ?? [];
  const firstLogIndex = firstLog === undefined ? undefined : Number(firstLog.logIndex);
  return { header: encodeHeader(block), stateRoot: block.stateRoot, receipt, firstLogIndex };
};
