import {
  BaseError,
  ContractFunctionRevertedError,
  decodeErrorResult,
  keccak256,
  type Abi,
  type Hex,
  type PublicClient,
} from 'viem';

import { ChainError } from './errors.ts';
import type { Outbox } from './outbox.ts';

/** What became of a relayed call. */
export type RelayedCall = {
  /** Names the call for good: the same bytes always have the same reference. */
  readonly reference: string;
  readonly status: 'pending' | 'mined' | 'reverted' | 'lost';
  readonly transactionHash: Hex | undefined;
};

/** Pays the gas of registry calls that others signed, so that a newcomer needs none. */
export type Relay = {
  /**
   * Sends a call once. A call that would revert is not sent.
   *
   * @throws ChainError `would-revert` naming the contract's error and its values
   */
  readonly send: (data: Hex) => Promise<RelayedCall>;
  readonly find: (reference: string) => Promise<RelayedCall | undefined>;
};

/** Creates the relay. @param abi of the contract, to name its errors */
export const createRelay = (options: {
  readonly client: PublicClient;
  readonly outbox: Outbox;
  readonly to: Hex;
  readonly abi: Abi;
}): Relay => {
  const { client, outbox, to, abi } = options;

  const find = async (reference: string): Promise<RelayedCall | undefined> => {
    const transaction = await outbox.find(reference);
    if (transaction === undefined) return undefined;
    return { reference, status: transaction.status, transactionHash: transaction.minedHash };
  };

  return {
    find,
    send: async (data) => {
      const reference = `relay:${keccak256(data)}`;
      const known = await find(reference);
      if (known?.status === 'pending' || known?.status === 'mined') return known;
      try {
        await client.call({ account: outbox.account, to, data });
      } catch (error) {
        const revert = revertOf(error, abi);
        if (revert === undefined) throw error;
        throw new ChainError('would-revert', revert, error);
      }
      await outbox.submit({ reference, to, data });
      await outbox.step();
      return (await find(reference)) ?? { reference, status: 'pending', transactionHash: undefined };
    },
  };
};

/** The contract's error by name and values; `undefined` when the failure is not the contract's. */
const revertOf = (error: unknown, abi: Abi): string | undefined => {
  if (!(error instanceof BaseError)) return undefined;
  const reverted = error.walk((cause) => revertDataOf(cause) !== undefined);
  const data = revertDataOf(reverted);
  if (data === undefined) return undefined;
  try {
    const { errorName, args = [] } = decodeErrorResult({ abi, data });
    return `${errorName}(${args.map(String).join(', ')})`;
  } catch (cause) {
    if (cause instanceof BaseError) return `the call reverts with ${data}`;
    throw cause;
  }
};

const revertDataOf = (error: unknown): Hex | undefined => {
  if (error instanceof ContractFunctionRevertedError) return error.raw;
  if (typeof error !== 'object' || error === null || !('data' in error)) return undefined;
  return typeof error.data === 'string' && /^0x[0-9a-f]*$/.test(error.data) ? (error.data as Hex) : undefined;
};
