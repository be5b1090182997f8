import { decodeAccount, fromHex, portable, proveInTrie } from '@gridseal/protocol';
import { hexToBigInt, keccak256, type Hex, type PublicClient } from 'viem';

import { fetchBlockAt } from './fetch.ts';

/**
 * How many transactions an account has sent, proven in the state of the node's newest block (EIP-1186).
 *
 * @throws BlockError; ProtocolError when the proof does not hold
 */
export const provenNonce = async (client: PublicClient, address: Hex): Promise<bigint> => {
  const newest = hexToBigInt(await client.request({ method: 'eth_blockNumber' }));
  const { number, stateRoot } = await fetchBlockAt(client, newest);
  const { accountProof } = await client.request({ method: 'eth_getProof', params: [address, [], number] });
  const field = `proof of ${address}`;
  const value = proveInTrie(
    {
      root: fromHex(stateRoot),
      key: fromHex(keccak256(address)),
      nodes: accountProof.map((node) => fromHex(node)),
      field,
    },
    portable,
  );
  return value === undefined ? 0n : decodeAccount(value, field).nonce;
};
