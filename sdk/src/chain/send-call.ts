import type { Hex } from '@gridseal/protocol';
import {
  BaseError,
  ContractFunctionRevertedError,
  type Abi,
  type Account,
  type PublicClient,
  type WalletClient,
} from 'viem';
import { SdkError } from '../errors.ts';

/** Who pays for a transaction, and the node that it goes through. */
export type Sender = {
  readonly node: PublicClient;
  readonly wallet: WalletClient;
  readonly account: Account;
};

/** A contract's error, as its name and its arguments. */
export type Refusal = { readonly name: string; readonly args: readonly unknown[] };

/** A call of a contract's function. */
export type ContractCall = {
  readonly address: Hex;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
};

const refusalOf = (error: unknown): Refusal | undefined => {
  if (!(error instanceof BaseError)) return undefined;
  const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  if (!(reverted instanceof ContractFunctionRevertedError)) return undefined;
  return { name: reverted.data?.errorName ?? reverted.shortMessage, args: reverted.data?.args ?? [] };
};

/** @throws SdkError `unreachable` when the node does not answer */
export const ask = async <T>(question: Promise<T>): Promise<T> => {
  try {
    return await question;
  } catch (cause) {
    throw new SdkError('unreachable', 'the node did not answer', { retryable: true, cause });
  }
};

/**
 * Sends a call once a node has found that the contract would take it, and waits for its block.
 *
 * @param explain says a refusal in words
 * @returns hash of the transaction
 * @throws SdkError `refused` with what `explain` says; `unreachable`
 */
export const sendCall = async (
  { node, wallet, account }: Sender,
  call: ContractCall,
  explain: (refusal: Refusal) => string,
): Promise<Hex> => {
  const found = await node.simulateContract({ account, ...call }).catch((cause: unknown) => {
    const refusal = refusalOf(cause);
    if (refusal === undefined)
      throw new SdkError('unreachable', unanswered(cause, account), { retryable: true, cause });
    throw new SdkError('refused', explain(refusal), { cause });
  });
  const hash = await wallet.writeContract({ ...found.request, chain: null }).catch((cause: unknown) => {
    throw new SdkError('unreachable', unanswered(cause, account), { retryable: true, cause });
  });
  const { status } = await ask(node.waitForTransactionReceipt({ hash }));
  if (status !== 'success')
    throw new SdkError(
      'refused',
      `the ${call.functionName} was overtaken by another and reverted in ${hash}`,
    );
  return hash;
};

/** Nodes word it differently; only the account's lack of funds is worth a sentence of its own. */
const unanswered = (cause: unknown, { address }: Account): string =>
  cause instanceof BaseError &&
  cause.walk((each) => each instanceof Error && /funds/iu.test(each.message)) !== null
    ? `${address} cannot pay for the transaction: it needs ether on this chain`
    : 'the node did not answer';
