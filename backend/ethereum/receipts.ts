import { createMPT, createMerkleProof } from '@ethereumjs/mpt';
import { bytesToHex, concatHex, hexToBytes, toRlp, type Hex } from 'viem';

import { BlockError } from './errors.ts';
import { rlpQuantity, trieKey } from './header.ts';

/** The consensus fields of one receipt of `eth_getBlockReceipts`. */
export type RpcReceipt = {
  readonly type: Hex;
  readonly status?: Hex | null;
  readonly root?: Hex | null;
  readonly cumulativeGasUsed: Hex;
  readonly logsBloom: Hex;
  readonly transactionHash: Hex;
  readonly transactionIndex: Hex;
  readonly logs: readonly {
    readonly address: Hex;
    readonly topics: readonly Hex[];
    readonly data: Hex;
    readonly logIndex: Hex;
  }[];
};

/** A receipt's EIP-2718 bytes and the nodes that prove it under a receipts root. */
export type ReceiptProof = {
  readonly index: number;
  readonly bytes: Hex;
  readonly proof: readonly Hex[];
};

/**
 * Encodes a receipt as EIP-2718 and EIP-658 define it: the type byte (none for a legacy
 * transaction) before the RLP list of status, cumulative gas, bloom and logs.
 */
export const encodeReceipt = (receipt: RpcReceipt): Hex => {
  const outcome = typeof receipt.status === 'string' ? rlpQuantity(receipt.status) : (receipt.root ?? '0x');
  const payload = toRlp([
    outcome,
    rlpQuantity(receipt.cumulativeGasUsed),
    receipt.logsBloom,
    receipt.logs.map((log) => [log.address, [...log.topics], log.data]),
  ]);
  const type = BigInt(receipt.type);
  return type === 0n ? payload : concatHex([rlpQuantity(type), payload]);
};

/** The receipts trie of a block, rebuilt. @throws BlockError `ReceiptsNotReproducible` when its root is not the header's */
const trieOf = async (receipts: readonly RpcReceipt[], receiptsRoot: Hex) => {
  const trie = await createMPT();
  for (const [position, receipt] of receipts.entries())
    await trie.put(hexToBytes(trieKey(position)), hexToBytes(encodeReceipt(receipt)));
  const actual = bytesToHex(trie.root());
  if (actual !== receiptsRoot)
    throw new BlockError('ReceiptsNotReproducible', { expected: receiptsRoot, actual });
  return trie;
};

/**
 * Proves that these are the receipts of a block: all of them, in transaction order.
 *
 * @throws BlockError `ReceiptsNotReproducible`
 */
export const proveReceipts = async (receipts: readonly RpcReceipt[], receiptsRoot: Hex): Promise<void> => {
  await trieOf(receipts, receiptsRoot);
};

/**
 * Rebuilds a block's receipts trie and returns one receipt with its proof.
 *
 * @param receipts all receipts of the block, in transaction order
 * @param receiptsRoot the root the block's header names
 * @param index transaction index of the receipt to prove
 * @throws BlockError `ReceiptsNotReproducible` when the rebuilt root differs
 * @example
 * const { bytes, proof } = await proveReceipt(receipts, block.receiptsRoot, 0)
 */
export const proveReceipt = async (
  receipts: readonly RpcReceipt[],
  receiptsRoot: Hex,
  index: number,
): Promise<ReceiptProof> => {
  const trie = await trieOf(receipts, receiptsRoot);
  const receipt = receipts[index];
  if (receipt === undefined)
    throw new BlockError('ReceiptsNotReproducible', { expected: `a receipt at ${index}` });
  const proof = await createMerkleProof(trie, hexToBytes(trieKey(index)));
  return { index, bytes: encodeReceipt(receipt), proof: proof.map((node) => bytesToHex(node)) };
};
