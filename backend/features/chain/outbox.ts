import {
  keccak256,
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
  type Hex,
  type LocalAccount,
  type PublicClient,
  type TransactionReceipt,
} from 'viem';

import type { Logger } from '../../adapters/logger/logger.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { provenNonce } from '../../ethereum/account.ts';
import { fetchBlock, fetchReceipts } from '../../ethereum/fetch.ts';
import { ChainError } from './errors.ts';
import {
  attemptsOf,
  findByReference,
  insertAttempt,
  insertTransaction,
  markSent,
  pendingOf,
  reopenUnspent,
  reserveNonce,
  settle,
  type OutboxAttempt,
  type OutboxTransaction,
} from './outbox-store.ts';
import type { StepOutcome } from '../../worker/poller.ts';

/** What to call; `reference` names the purpose, so that a retry finds what was already sent. */
export type OutboxCall = { readonly reference: string; readonly to: Hex; readonly data: Hex };

/** Sends transactions of one account so that none is paid twice and none gets stuck. */
export type Outbox = {
  readonly account: Hex;
  /** Stores, signs and sends a call, unless the newest one of its reference is pending or mined. */
  readonly submit: (call: OutboxCall) => Promise<OutboxTransaction>;
  readonly find: (reference: string) => Promise<OutboxTransaction | undefined>;
  /** Looks after pending transactions: receipts, resending, replacement. */
  readonly step: () => Promise<StepOutcome>;
  /** What the account holds and needs, as far as is known. */
  readonly funds: () => Funds;
};

/** In wei. */
export type Funds = {
  /** Undefined before it was asked for. */
  readonly balance: bigint | undefined;
  /** What the newest transaction could cost at most; undefined before there was one. */
  readonly need: bigint | undefined;
  /** Attempts in a row that could not be paid for. */
  readonly unpaid: number;
};

/** How long a balance counts while nothing is sent. */
const BALANCE_COUNTS_MS = 15_000;

const LOST_AFTER_MS = 15_000;

type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/** Nodes ask 10 % more for a replacement; 12.5 % leaves room for rounding. */
const bump = (fee: bigint): bigint => fee + fee / 8n + 1n;
const higher = (a: bigint, b: bigint): bigint => (a > b ? a : b);
/** Gas of writing to a storage slot that was empty (EIP-2200 and EIP-2929). */
const NEW_SLOT = 22_100n;
/**
 * Estimates are for the present state and time. State grows a little until the transaction runs; and the first anchor of a
 * day writes to one slot more, so that an estimate from before midnight would leave it without gas.
 */
const withMargin = (gas: bigint): bigint => gas + gas / 4n + NEW_SLOT;

/**
 * Creates the outbox of an account. The signed bytes are in the database before a node sees them:
 * after a crash the same bytes are sent again, and a replacement always reuses the nonce.
 *
 * @param replaceAfterMs how long an attempt may wait before the next one pays more
 * @param maxFeePerGas wei a unit of gas; no attempt pays more
 * @param lostAfterMs how long a spent nonce without a receipt is taken for a node that lags; 15 s unless told otherwise
 * @example
 * const outbox = createOutbox({ account, client, database, replaceAfterMs: 30_000, maxFeePerGas, logger })
 * await outbox.submit({ reference: 'anchor:0:4096', to: evidenceLog, data })
 */
export const createOutbox = (options: {
  readonly account: LocalAccount;
  readonly client: PublicClient;
  readonly database: Database;
  readonly replaceAfterMs: number;
  readonly maxFeePerGas: bigint;
  readonly lostAfterMs?: number;
  readonly logger: Logger;
}): Outbox => {
  const { account, client, database, replaceAfterMs, maxFeePerGas, logger } = options;
  const address = account.address.toLowerCase() as Hex;
  let chainId: number | undefined;
  /** Transactions whose nonce is spent and that no receipt tells of, since when. */
  const missingSince = new Map<bigint, number>();

  let balance: bigint | undefined;
  let balanceAt = -Infinity;
  let need: bigint | undefined;
  let unpaid = 0;

  const readBalance = async (): Promise<bigint> => {
    balance = await client.getBalance({ address });
    balanceAt = performance.now();
    return balance;
  };

  /** @throws ChainError `no-funds`: a node says so in many ways, or takes the transaction and never mines it */
  const requireFunds = async (cost: bigint): Promise<void> => {
    need = cost;
    if ((await readBalance()) >= cost) return;
    unpaid += 1;
    throw new ChainError('no-funds', describeFunds(address, { balance, need, unpaid }));
  };

  /** Behind one address may be nodes of which one is behind: its nonce and its receipts are then of different heads. */
  const isMissingForLong = (id: bigint): boolean => {
    const now = performance.now();
    const since = missingSince.get(id) ?? now;
    missingSince.set(id, since);
    return now - since >= (options.lostAfterMs ?? LOST_AFTER_MS);
  };

  /** @throws ChainError `chain-inconsistent` when the account's nonce, as its proof has it, is not as the node says */
  const requireNonce = async (holds: (spent: bigint) => boolean): Promise<void> => {
    const spent = await provenNonce(client, address);
    if (!holds(spent))
      throw new ChainError(
        'chain-inconsistent',
        `the node names another nonce of ${address} than ${spent}, which its state has`,
      );
  };

  const sign = async (
    transaction: Pick<OutboxTransaction, 'nonce' | 'to' | 'data' | 'gas'>,
    fees: Fees,
  ): Promise<Omit<OutboxAttempt, 'sent' | 'ageMs'>> => {
    chainId ??= await client.getChainId();
    const { to, data, gas } = transaction;
    const nonce = Number(transaction.nonce);
    const raw = await account.signTransaction({ type: 'eip1559', chainId, to, data, gas, nonce, ...fees });
    return { hash: keccak256(raw), raw, ...fees };
  };

  const send = async (
    transaction: OutboxTransaction,
    attempt: Pick<OutboxAttempt, 'hash' | 'raw' | 'maxFeePerGas'>,
  ) => {
    try {
      await client.sendRawTransaction({ serializedTransaction: attempt.raw });
    } catch (error) {
      if (!(await isKnown(client, attempt.hash))) {
        await requireFunds(transaction.gas * attempt.maxFeePerGas);
        throw error;
      }
    }
    unpaid = 0;
    await markSent(database, transaction.id, attempt.hash);
    const { reference, nonce } = transaction;
    logger.info({ reference, nonce: nonce.toString(), hash: attempt.hash }, 'transaction sent');
  };

  const replace = async (transaction: OutboxTransaction, last: OutboxAttempt) => {
    const now = await client.estimateFeesPerGas();
    const fees = {
      maxFeePerGas: higher(now.maxFeePerGas, bump(last.maxFeePerGas)),
      maxPriorityFeePerGas: higher(now.maxPriorityFeePerGas, bump(last.maxPriorityFeePerGas)),
    };
    if (fees.maxFeePerGas > maxFeePerGas) {
      throw new ChainError(
        'fee-limit',
        `nonce ${transaction.nonce} needs ${fees.maxFeePerGas} wei a gas, ${maxFeePerGas} allowed`,
      );
    }
    const attempt = await sign(transaction, fees);
    await insertAttempt(database, transaction.id, attempt);
    await send(transaction, attempt);
  };

  const lookAfter = async (transaction: OutboxTransaction, chainNonce: bigint): Promise<void> => {
    const attempts = await attemptsOf(database, transaction.id);
    for (const { hash } of attempts) {
      const receipt = await findReceipt(client, hash);
      if (receipt === undefined) continue;
      const status = receipt.status === 'success' ? 'mined' : 'reverted';
      const { blockNumber, blockHash } = receipt;
      if (status === 'reverted') await requireReverted(client, receipt);
      await settle(database, transaction.id, { status, hash, blockNumber, blockHash });
      missingSince.delete(transaction.id);
      return;
    }
    const last = attempts.at(-1);
    if (last === undefined) throw new RangeError(`transaction ${transaction.id} has no attempt`);
    if (transaction.nonce >= chainNonce) missingSince.delete(transaction.id);
    if (transaction.nonce < chainNonce) {
      if (!isMissingForLong(transaction.id)) return;
      await requireNonce((spent) => spent > transaction.nonce);
      await settle(database, transaction.id, { status: 'lost' });
      const { reference, nonce } = transaction;
      logger.warn(
        { reference, nonce: nonce.toString() },
        'the nonce was spent by a transaction that is not ours',
      );
    } else if (last.ageMs >= replaceAfterMs && transaction.nonce === chainNonce) {
      await replace(transaction, last);
    } else if (!last.sent || !(await isKnown(client, last.hash))) {
      await send(transaction, last);
    }
  };

  const submit = async (call: OutboxCall): Promise<OutboxTransaction> => {
    const existing = await findByReference(database, call.reference);
    if (existing?.status === 'pending' || existing?.status === 'mined') return existing;
    const gas = withMargin(await client.estimateGas({ account: address, to: call.to, data: call.data }));
    const { maxFeePerGas: estimated, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
    const ceiling = estimated < maxFeePerGas ? estimated : maxFeePerGas;
    const fees = {
      maxFeePerGas: ceiling,
      maxPriorityFeePerGas: maxPriorityFeePerGas < ceiling ? maxPriorityFeePerGas : ceiling,
    };
    await requireFunds(gas * fees.maxFeePerGas);
    const stored = await database.transaction(async (tx) => {
      const chainNonce = BigInt(await client.getTransactionCount({ address, blockTag: 'latest' }));
      const own = await reserveNonce(tx, address);
      // Somebody else spent nonces of ours, or the node is wrong: a transaction above a gap would never be mined.
      if (chainNonce > own) await requireNonce((spent) => spent === chainNonce);
      const nonce = chainNonce > own ? chainNonce : own;
      const again = await findByReference(tx, call.reference);
      if (again?.status === 'pending' || again?.status === 'mined') return { transaction: again };
      const unsigned = { ...call, nonce, gas };
      const attempt = await sign(unsigned, fees);
      const id = await insertTransaction(tx, address, unsigned);
      await insertAttempt(tx, id, attempt);
      return { transaction: { ...unsigned, id, status: 'pending' as const, minedHash: undefined }, attempt };
    });
    if (stored.attempt !== undefined) await send(stored.transaction, stored.attempt);
    return stored.transaction;
  };

  const step = async (): Promise<StepOutcome> => {
    if (performance.now() - balanceAt > BALANCE_COUNTS_MS) await readBalance();
    const chainNonce = BigInt(await client.getTransactionCount({ address, blockTag: 'latest' }));
    const reopened = await reopenUnspent(database, address, chainNonce);
    if (reopened > 0)
      logger.warn({ reopened }, 'transactions were undone by a reorganisation and are sent again');
    for (const transaction of await pendingOf(database, address)) await lookAfter(transaction, chainNonce);
    return 'idle';
  };

  return {
    account: address,
    submit,
    find: (reference) => findByReference(database, reference),
    step,
    funds: () => ({ balance, need, unpaid }),
  };
};

/** One sentence for whoever pays. */
export const describeFunds = (account: Hex, { balance, need }: Funds): string =>
  `account ${account} holds ${balance ?? 0n} wei and its next transaction may cost ${need ?? 0n} wei: send it more`;

const findReceipt = async (client: PublicClient, hash: Hex): Promise<TransactionReceipt | undefined> => {
  try {
    return await client.getTransactionReceipt({ hash });
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined;
    throw error;
  }
};

/**
 * A call that reverted is made and paid for again: a node's word is not enough for that.
 *
 * @throws ChainError `chain-inconsistent` when the block's receipts do not say so; BlockError
 */
const requireReverted = async (
  client: PublicClient,
  { blockHash, transactionIndex, transactionHash }: TransactionReceipt,
): Promise<void> => {
  const receipts = await fetchReceipts(client, await fetchBlock(client, blockHash));
  const status = receipts[transactionIndex]?.status;
  if (typeof status === 'string' && BigInt(status) === 0n) return;
  throw new ChainError(
    'chain-inconsistent',
    `the node calls ${transactionHash} reverted, the receipts of its block do not`,
  );
};

const isKnown = async (client: PublicClient, hash: Hex): Promise<boolean> => {
  try {
    await client.getTransaction({ hash });
    return true;
  } catch (error) {
    if (error instanceof TransactionNotFoundError) return false;
    throw error;
  }
};
