import { keccak256, toRlp, type Hex } from 'viem';

import { BlockError } from './errors.ts';

/** The header fields of `eth_getBlockByHash`, as JSON-RPC quantities and byte strings. */
export type RpcHeader = { readonly hash: Hex } & { readonly [field: string]: unknown };

type FieldKind = 'bytes' | 'quantity';

/**
 * Header fields in the order of the yellow paper and the EIPs that appended to it: EIP-1559,
 * EIP-4895, EIP-4844 (two), EIP-4788, EIP-7685. A field after `nonce` exists only from its fork on.
 */
const FIELDS: readonly (readonly [name: string, kind: FieldKind])[] = [
  ['parentHash', 'bytes'],
  ['sha3Uncles', 'bytes'],
  ['miner', 'bytes'],
  ['stateRoot', 'bytes'],
  ['transactionsRoot', 'bytes'],
  ['receiptsRoot', 'bytes'],
  ['logsBloom', 'bytes'],
  ['difficulty', 'quantity'],
  ['number', 'quantity'],
  ['gasLimit', 'quantity'],
  ['gasUsed', 'quantity'],
  ['timestamp', 'quantity'],
  ['extraData', 'bytes'],
  ['mixHash', 'bytes'],
  ['nonce', 'bytes'],
  ['baseFeePerGas', 'quantity'],
  ['withdrawalsRoot', 'bytes'],
  ['blobGasUsed', 'quantity'],
  ['excessBlobGas', 'quantity'],
  ['parentBeaconBlockRoot', 'bytes'],
  ['requestsHash', 'bytes'],
];

/** RLP form of a JSON-RPC quantity: big-endian without leading zeros, zero as the empty string. */
export const rlpQuantity = (value: bigint | Hex): Hex => {
  const integer = BigInt(value);
  if (integer === 0n) return '0x';
  const digits = integer.toString(16);
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
};

/**
 * Rebuilds a block header's RLP from JSON-RPC fields and proves it: the result hashes to the
 * block's hash, so nothing the node said about the header is taken on trust.
 *
 * @returns the RLP bytes of the header
 * @throws BlockError `HeaderNotReproducible` when the hash differs, as on a chain whose headers
 *   hold fields of its own
 * @example
 * const header = encodeHeader(await client.request({ method: 'eth_getBlockByHash', params: [hash, false] }))
 */
export const encodeHeader = (block: RpcHeader): Hex => {
  const items: Hex[] = [];
  for (const [name, kind] of FIELDS) {
    const value = block[name];
    if (typeof value !== 'string') break;
    items.push(kind === 'quantity' ? rlpQuantity(value as Hex) : (value as Hex));
  }
  const header = toRlp(items);
  const actual = keccak256(header);
  if (actual !== block.hash) {
    throw new BlockError('HeaderNotReproducible', { expected: block.hash, actual });
  }
  return header;
};

/** RLP of an integer key of the receipts trie: `rlp(index)`. */
export const trieKey = (index: number): Hex => toRlp(rlpQuantity(BigInt(index)));
