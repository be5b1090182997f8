import type { Hex, LocalAccount, PublicClient, TransactionReceipt } from 'viem';

import { ChainError } from './errors.ts';

/** What a transaction does; `to` is left out where it makes a contract. */
export type SetupTransaction = { readonly to: Hex; readonly data: Hex; readonly value?: bigint };

/**
 * Sends one transaction of an account of ours and waits for its block. For setting a chain up, where
 * a person watches; anything that runs by itself goes through the outbox.
 *
 * @param what is done, for errors: `creation of the log`
 * @throws ChainError `no-funds`, `would-revert`
 */
export const sendAndWait = async (
  client: PublicClient,
  account: LocalAccount,
  { to, data, value = 0n }: SetupTransaction,
  what: string,
): Promise<TransactionReceipt> => {
  const { address } = account;
  const [balance, fees, gas] = await Promise.all([
    client.getBalance({ address }),
    client.estimateFeesPerGas(),
    client.estimateGas({ account: address, to, data }),
  ]);
  const limit = gas + gas / 4n;
  const need = limit * fees.maxFeePerGas + value;
  if (balance < need)
    throw new ChainError(
      'no-funds',
      `account ${address} holds ${balance} wei, and the ${what} may cost ${need} wei: send it more and start again`,
    );
  const [chainId, nonce] = await Promise.all([
    client.getChainId(),
    client.getTransactionCount({ address, blockTag: 'pending' }),
  ]);
  const serializedTransaction = await account.signTransaction({
    type: 'eip1559',
    chainId,
    nonce,
    to,
    data,
    value,
    gas: limit,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
  });
  const hash = await client.sendRawTransaction({ serializedTransaction });
  const receipt = await client.waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success') throw new ChainError('would-revert', `the ${what} reverted in ${hash}`);
  return receipt;
};
