import { toHex, type Hex } from '@gridseal/protocol';
import {
  BaseError,
  ContractFunctionRevertedError,
  type Account,
  type encodeFunctionData,
  type PublicClient,
  type WalletClient,
} from 'viem';
import { anchorPromiseAbi } from '../abi/anchor-promise.ts';
import { anchorPromiseAddress } from '../abi/deployment.ts';
import { SdkError } from '../errors.ts';
import type { CoveringAnchor } from './covering-anchor.ts';
import type { SignedReceipt } from './signed-receipt.ts';
import { ask, promiseDigest, requirePromiseContract, type PromiseTrust } from './standing.ts';

/** Who pays for a transaction, and the node that it goes through. */
export type Sender = {
  readonly node: PublicClient;
  readonly wallet: WalletClient;
  readonly account: Account;
};

/** What a call of AnchorPromise is about. */
type About = { readonly trust: PromiseTrust; readonly signed: SignedReceipt };

/** How an anchor covers the entry of a receipt. */
export type PromiseAnswer = CoveringAnchor & {
  readonly index: bigint;
  /** RFC 6962 inclusion path in the anchor's tree. */
  readonly path: readonly Hex[];
};

/** The contract's reason for refusing a call, by name and values. */
const reasonOf = (error: unknown): string | undefined => {
  if (!(error instanceof BaseError)) return undefined;
  const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  if (!(reverted instanceof ContractFunctionRevertedError)) return undefined;
  const { errorName, args = [] } = reverted.data ?? { errorName: reverted.shortMessage };
  return `${errorName}(${args.map(String).join(', ')})`;
};

/** Sends a call once a node has found that the contract would take it, and waits for its block. */
const send = async <Name extends 'challenge' | 'answer' | 'conclude'>(
  { node, wallet, account }: Sender,
  call: Parameters<typeof encodeFunctionData<typeof anchorPromiseAbi, Name>>[0],
): Promise<Hex> => {
  const { functionName, args } = call as { functionName: 'conclude'; args: readonly [Hex] };
  const found = await node
    .simulateContract({ account, address: anchorPromiseAddress, abi: anchorPromiseAbi, functionName, args })
    .catch((cause: unknown) => {
      const reason = reasonOf(cause);
      if (reason === undefined)
        throw new SdkError('unreachable', 'the node did not answer', { retryable: true, cause });
      throw new SdkError('refused', `AnchorPromise refuses the ${functionName}: ${reason}`, { cause });
    });
  const hash = await ask(wallet.writeContract({ ...found.request, chain: null }));
  const { status } = await ask(node.waitForTransactionReceipt({ hash }));
  if (status !== 'success')
    throw new SdkError('refused', `the ${functionName} was overtaken by another and reverted in ${hash}`);
  return hash;
};

/**
 * Challenges the promise of a receipt once its time has passed.
 *
 * @returns hash of the transaction
 * @throws SdkError `refused` with the contract's reason, such as AnchorPromiseNotDue; `unreachable`, `wrong-chain`
 */
export const challengePromise = async (sender: Sender, { trust, signed }: About): Promise<Hex> => {
  await requirePromiseContract(sender.node, trust);
  const { receipt, signature } = signed;
  const { receiptTimeMs, deadline } = receipt;
  const fields = {
    logId: toHex(receipt.logId),
    digest: toHex(receipt.digest),
    entryHash: toHex(receipt.entryHash),
    receiptTimeMs,
    deadline,
  };
  const args = [trust.evidenceLog.address, fields, toHex(signature)] as const;
  return send<'challenge'>(sender, { abi: anchorPromiseAbi, functionName: 'challenge', args });
};

/** Answers a challenge with an anchor that covers the entry. @throws as {@link challengePromise} */
export const answerPromise = async (
  sender: Sender,
  { trust, signed }: About,
  { state, position, index, path }: PromiseAnswer,
): Promise<Hex> => {
  await requirePromiseContract(sender.node, trust);
  const { size, root } = state;
  const coverage = { state, position, size, root, consistency: [], index, path };
  const args = [promiseDigest(signed, trust), coverage] as const;
  return send<'answer'>(sender, { abi: anchorPromiseAbi, functionName: 'answer', args });
};

/** Puts a promise that was not answered for on record as broken. @throws as {@link challengePromise} */
export const concludePromise = async (sender: Sender, { trust, signed }: About): Promise<Hex> => {
  await requirePromiseContract(sender.node, trust);
  const args = [promiseDigest(signed, trust)] as const;
  return send<'conclude'>(sender, { abi: anchorPromiseAbi, functionName: 'conclude', args });
};
