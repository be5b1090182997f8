import {
  equal,
  fromHex,
  ProtocolError,
  verifyReceipt,
  type Domain,
  type Hex,
  type Receipt,
} from '@gridseal/protocol';
import { SdkError, type ReceiptJson } from '@gridseal/sdk';
import type { Delivery } from './station.ts';

/** Whom a station believes: the log that it signs for, and who signs that log's receipts. */
export type TrustedOperator = {
  readonly domain: Domain;
  /** Address, 20 bytes. */
  readonly operator: Uint8Array;
};

/**
 * Refusals that no time heals: the same bytes are never taken, whatever happens to clocks, chains and admission. Every other
 * one is a matter of time, also one that this version does not know.
 */
const FINAL: readonly string[] = [
  'malformed',
  'oversize',
  'kind-not-accepted',
  'key-revoked',
  'key-purpose',
  'profile-mismatch',
  'signature-invalid',
  'commitment-mismatch',
  'equivocation',
];

const unexpected = (detail: string, cause?: unknown): SdkError =>
  new SdkError('unexpected-answer', `the service answered ${detail}`, { retryable: true, cause });

const DECIMAL = /^(?:0|[1-9]\d{0,19})$/u;

const receiptOf = (json: ReceiptJson): { readonly receipt: Receipt; readonly signature: Uint8Array } => {
  const { receiptTimeMs, deadline } = json;
  if (!DECIMAL.test(receiptTimeMs) || !DECIMAL.test(deadline)) throw unexpected('a receipt without a time');
  return {
    receipt: {
      logId: fromHex(json.logId, 'receipt.logId', 32),
      digest: fromHex(json.digest, 'receipt.digest', 32),
      entryHash: fromHex(json.entryHash, 'receipt.entryHash', 32),
      receiptTimeMs: BigInt(receiptTimeMs),
      deadline: BigInt(deadline),
    },
    signature: fromHex(json.signature, 'receipt.signature'),
  };
};

const requireReceipt = (json: ReceiptJson, digest: Hex, { domain, operator }: TrustedOperator): void => {
  try {
    const signed = receiptOf(json);
    if (!equal(signed.receipt.digest, fromHex(digest))) throw unexpected('with the receipt of another batch');
    verifyReceipt({ ...signed, operator, domain });
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw unexpected(
      `with a receipt that the operator of the trusted log did not sign (${cause.message})`,
      cause,
    );
  }
};

const isTimeless = ({ code, retryable }: Extract<Delivery, { status: 'refused' }>): boolean =>
  !retryable && FINAL.includes(code);

/**
 * What of a service's answer is to be believed: one result for each batch sent, told by its digest; of each that is accepted, a
 * receipt that the operator of the trusted log signed for it. A refusal is nobody's signed word: it counts as final only when it
 * names the batch and says what no time heals, and then the batch is kept.
 *
 * @param digests of the batches sent, in that order
 * @returns deliveries in the order sent
 * @throws SdkError `unexpected-answer`, worth another try: then nothing of the answer is believed
 * @example const believed = believedOf(await forward(items), digests, { domain, operator })
 */
export const believedOf = (
  results: readonly Delivery[],
  digests: readonly Hex[],
  trusted: TrustedOperator,
): readonly Delivery[] => {
  if (results.length !== digests.length)
    throw unexpected(`${results.length} results for ${digests.length} batches`);
  const named = new Map(results.flatMap((one) => (one.digest === null ? [] : [[one.digest, one] as const])));
  const unnamed = results.filter(({ digest }) => digest === null);
  if (named.size + unnamed.length !== digests.length) throw unexpected('twice for the same batch');
  return digests.map((digest, i): Delivery => {
    const result = named.get(digest);
    if (result === undefined) {
      // A refusal that names no batch stands for the one at its place, and for no longer than until the next try.
      const atPlace = results[i];
      if (atPlace?.status !== 'refused' || atPlace.digest !== null)
        throw unexpected(`nothing for batch ${digest}`);
      return { ...atPlace, digest, retryable: true };
    }
    if (result.status !== 'refused') {
      requireReceipt(result.receipt, digest, trusted);
      return result;
    }
    return { ...result, retryable: !isTimeless(result) };
  });
};
