import { concat } from '@gridseal/protocol/bytes';
import type { Primitives } from '@gridseal/protocol/primitives';
import type { Domain } from '@gridseal/protocol/statement/digest';
import { receiptDigest } from '@gridseal/protocol/statement/receipt';
import { ALGORITHMS } from '@gridseal/protocol/statement/signature';
import type { OperatorSigner, ReceiptIssuer } from './types.ts';

/**
 * Issues receipts with the operator's key. The same input gives the same bytes, so no receipt needs to be stored.
 *
 * @example const issue = createReceiptIssuer({ domain, signer, primitives })
 */
export const createReceiptIssuer = (options: {
  readonly domain: Domain;
  readonly signer: OperatorSigner;
  readonly primitives: Primitives;
}): ReceiptIssuer => {
  const { domain, signer, primitives } = options;
  return (taken) => {
    const receipt = { logId: domain.logId, ...taken };
    const rsv = signer.sign(receiptDigest(receipt, domain, primitives));
    return { receipt, signature: concat(Uint8Array.of(ALGORITHMS.secp256k1), rsv) };
  };
};
