import {
  BaseError,
  ContractFunctionRevertedError,
  decodeErrorResult,
  hexToBytes,
  keccak256,
  type Abi,
  type Hex,
  type PublicClient,
} from 'viem';

import type { Database } from '../../adapters/postgres/database.ts';
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
   * Sends a call once. A call that would revert is not sent, nor is one of an owner who is not admitted or above the day's
   * budget.
   *
   * @param owner whose signature the call carries
   * @throws ChainError `would-revert` naming the contract's error and its values, `owner-not-admitted`, `budget-spent`
   */
  readonly send: (data: Hex, owner: Hex) => Promise<RelayedCall>;
  readonly find: (reference: string) => Promise<RelayedCall | undefined>;
};

/** What relaying may cost in 24 hours, and for whom. */
export type RelayPolicy = {
  readonly admits: (owner: Hex) => boolean;
  readonly transactionsPerDay: number;
  readonly weiPerDay: bigint;
};

/**
 * What the account may have spent in the last 24 hours at most: gas limits at the fees that were offered.
 *
 * @returns transactions and wei
 */
const spentToday = async (
  database: Database,
  account: Hex,
): Promise<{ readonly transactions: number; readonly wei: bigint }> => {
  const [row] = await database.query<{ transactions: bigint; wei: string }>(
    `SELECT count(*) AS transactions, coalesce(sum(t.gas_limit * fee.highest), 0)::text AS wei
     FROM outbox_transaction t
     CROSS JOIN LATERAL (SELECT coalesce(max(a.max_fee), 0) AS highest
       FROM outbox_attempt a WHERE a.transaction_id = t.id) fee
     WHERE t.account = $1 AND t.created_at > now() - interval '1 day'`,
    [hexToBytes(account)],
  );
  return { transactions: Number(row?.transactions ?? 0n), wei: BigInt(row?.wei ?? '0') };
};

/**
 * Creates the relay.
 *
 * @param outbox of an account of its own: what strangers spend is not missing for anchors
 * @param abi of the contract, to name its errors
 */
export const createRelay = (options: {
  readonly client: PublicClient;
  readonly database: Database;
  readonly outbox: Outbox;
  readonly to: Hex;
  readonly abi: Abi;
  readonly policy: RelayPolicy;
}): Relay => {
  const { client, database, outbox, to, abi, policy } = options;

  const requireBudget = async (): Promise<void> => {
    if ((await client.getBalance({ address: outbox.account })) === 0n)
      throw new ChainError('budget-spent', `${outbox.account}, which pays for relayed calls, holds nothing`);
    const { transactions, wei } = await spentToday(database, outbox.account);
    if (transactions < policy.transactionsPerDay && wei < policy.weiPerDay) return;
    throw new ChainError('budget-spent', `${transactions} calls and ${wei} wei in 24 hours`);
  };

  const find = async (reference: string): Promise<RelayedCall | undefined> => {
    const transaction = await outbox.find(reference);
    if (transaction === undefined) return undefined;
    return { reference, status: transaction.status, transactionHash: transaction.minedHash };
  };

  return {
    find,
    send: async (data, owner) => {
      const reference = `relay:${keccak256(data)}`;
      const known = await find(reference);
      if (known?.status === 'pending' || known?.status === 'mined') return known;
      if (!policy.admits(owner)) throw new ChainError('owner-not-admitted', `owner ${owner}`);
      await requireBudget();
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
