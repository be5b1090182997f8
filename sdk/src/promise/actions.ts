import { toHex, type Hex } from '@gridseal/protocol';
import { anchorPromiseAbi } from '../abi/anchor-promise.ts';
import { anchorPromiseAddress } from '../abi/deployment.ts';
import { sendCall, type Sender } from '../chain/send-call.ts';
import type { CoveringAnchor } from './covering-anchor.ts';
import type { SignedReceipt } from './signed-receipt.ts';
import { promiseDigest, requirePromiseContract, type PromiseTrust } from './standing.ts';

/** What a call of AnchorPromise is about. */
type About = { readonly trust: PromiseTrust; readonly signed: SignedReceipt };

/** How an anchor covers the entry of a receipt. */
export type PromiseAnswer = CoveringAnchor & {
  readonly index: bigint;
  /** RFC 6962 inclusion path in the anchor's tree. */
  readonly path: readonly Hex[];
};

const send = (sender: Sender, functionName: string, args: readonly unknown[]): Promise<Hex> =>
  sendCall(
    sender,
    { address: anchorPromiseAddress, abi: anchorPromiseAbi, functionName, args },
    (refusal) =>
      `AnchorPromise refuses the ${functionName}: ${refusal.name}(${refusal.args.map(String).join(', ')})`,
  );

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
  return send(sender, 'challenge', args);
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
  return send(sender, 'answer', args);
};

/** Puts a promise that was not answered for on record as broken. @throws as {@link challengePromise} */
export const concludePromise = async (sender: Sender, { trust, signed }: About): Promise<Hex> => {
  await requirePromiseContract(sender.node, trust);
  const args = [promiseDigest(signed, trust)] as const;
  return send(sender, 'conclude', args);
};
