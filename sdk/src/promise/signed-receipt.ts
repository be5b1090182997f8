import { z } from 'zod';
import { domainOf, equal, fromHex, verifyReceipt, type Receipt, type Trust } from '@gridseal/protocol';
import { SdkError } from '../errors.ts';
import { hexSchema } from '../http/schemas.ts';

/** A receipt with the operator's signature: all that a challenge needs. */
export type SignedReceipt = { readonly receipt: Receipt; readonly signature: Uint8Array };

const decimal = z.string().regex(/^(?:0|[1-9]\d{0,19})$/u);
const bytes = hexSchema.transform((hex) => fromHex(hex));

const signedSchema = z.object({
  logId: bytes,
  digest: bytes,
  entryHash: bytes,
  receiptTimeMs: decimal.transform(BigInt),
  deadline: decimal.transform(BigInt),
  signature: bytes,
});
/** Submissions answer with `receipt`; `/v1/receipts` keeps it under `accepted`. */
const documentSchema = z.union([
  signedSchema,
  z.object({ accepted: signedSchema }).transform(({ accepted }) => accepted),
  z.object({ receipt: signedSchema }).transform(({ receipt }) => receipt),
]);

/**
 * Reads a receipt as the service hands it out: alone, in the result of a submission, or staged.
 *
 * @throws SdkError `unexpected-answer` when the text is none
 */
export const parseSignedReceipt = (text: string): SignedReceipt => {
  try {
    const { signature, ...receipt } = documentSchema.parse(JSON.parse(text));
    return { receipt, signature };
  } catch (cause) {
    throw new SdkError('unexpected-answer', 'the text is not a receipt of a Gridseal log', { cause });
  }
};

/**
 * Checks that the operator of a trusted log signed the receipt.
 *
 * @throws SdkError `unexpected-answer` when the trust does not name the log; ProtocolError when the signature is not its operator's
 */
export const requireReceipt = ({ receipt, signature }: SignedReceipt, trust: Trust): void => {
  const log = trust.logs.find(({ logId }) => equal(fromHex(logId), receipt.logId));
  if (log === undefined)
    throw new SdkError('unexpected-answer', 'the receipt is of a log that the trust does not name');
  const domain = domainOf({
    chainId: BigInt(trust.chainId),
    evidenceLog: fromHex(trust.evidenceLog.address),
    logId: receipt.logId,
  });
  verifyReceipt({ receipt, signature, operator: fromHex(log.operator), domain });
};
