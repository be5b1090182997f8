import { domainOf, fromHex, receiptDigest, toHex, type Hex, type Trust } from '@gridseal/protocol';
import type { PublicClient } from 'viem';
import { anchorPromiseAbi } from '../abi/anchor-promise.ts';
import { anchorPromiseAddress } from '../abi/deployment.ts';
import { ask } from '../chain/send-call.ts';
import { SdkError } from '../errors.ts';
import type { SignedReceipt } from './signed-receipt.ts';

/** Of a trust, what judging a promise takes. */
export type PromiseTrust = {
  readonly chainId: string;
  readonly evidenceLog: Pick<Trust['evidenceLog'], 'address'>;
};

/** What the chain knows of a receipt's promise. Times are seconds since the Unix epoch. */
export type PromiseStanding = {
  /** EIP-712 digest of the receipt, by which its challenge is named. */
  readonly receiptDigest: Hex;
  /** `due` promises may be challenged; `unanswered` ones be concluded. */
  readonly status: 'pending' | 'due' | 'challenged' | 'unanswered' | 'kept' | 'broken';
  readonly deadline: bigint;
  /** Last second in which an answer is heard; 0 before a challenge. */
  readonly answerBy: bigint;
  /** When it was answered or concluded; 0 before. */
  readonly settledAt: bigint;
};

/** The digest that names a receipt's challenge. */
export const promiseDigest = ({ receipt }: SignedReceipt, trust: PromiseTrust): Hex =>
  toHex(
    receiptDigest(
      receipt,
      domainOf({
        chainId: BigInt(trust.chainId),
        evidenceLog: fromHex(trust.evidenceLog.address),
        logId: receipt.logId,
      }),
    ),
  );

/**
 * Asks a node how the promise of a receipt stands, by the time of the newest block.
 *
 * @throws SdkError `unreachable`; `wrong-chain` when the node is of another chain or AnchorPromise is not on it
 * @example const { status } = await askPromise({ node, trust, signed })
 */
export const askPromise = async (options: {
  readonly node: PublicClient;
  readonly trust: PromiseTrust;
  readonly signed: SignedReceipt;
}): Promise<PromiseStanding> => {
  const { node, trust, signed } = options;
  const digest = promiseDigest(signed, trust);
  await requirePromiseContract(node, trust);
  const [challenge, { timestamp }] = await ask(
    Promise.all([
      node.readContract({
        address: anchorPromiseAddress,
        abi: anchorPromiseAbi,
        functionName: 'challengeOf',
        args: [digest],
      }),
      node.getBlock(),
    ]),
  );
  const { answerBy, answeredAt, brokenAt } = challenge;
  const { deadline } = signed.receipt;
  const common = { receiptDigest: digest, deadline, answerBy, settledAt: answeredAt + brokenAt };
  if (answerBy === 0n) return { ...common, status: timestamp > deadline ? 'due' : 'pending' };
  if (answeredAt !== 0n) return { ...common, status: 'kept' };
  if (brokenAt !== 0n) return { ...common, status: 'broken' };
  return { ...common, status: timestamp > answerBy ? 'unanswered' : 'challenged' };
};

/** @throws SdkError `wrong-chain` unless AnchorPromise is on the chain of the trust */
export const requirePromiseContract = async (node: PublicClient, trust: PromiseTrust): Promise<void> => {
  const [chainId, code] = await ask(
    Promise.all([node.getChainId(), node.getCode({ address: anchorPromiseAddress })]),
  );
  if (String(chainId) !== trust.chainId)
    throw new SdkError(
      'wrong-chain',
      `the node is of chain ${chainId}, and the trust is for chain ${trust.chainId}`,
    );
  if (code === undefined)
    throw new SdkError('wrong-chain', `AnchorPromise is not at ${anchorPromiseAddress} on chain ${chainId}`);
};
