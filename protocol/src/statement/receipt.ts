import { concat, fromBigInt, requireLength, toHex, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { portable, type Primitives } from '../primitives.ts';
import { typedDigest, type Domain } from './digest.ts';
import { verifySignature, type Signed } from './signature.ts';

/** The operator's promise that a statement is covered by an anchor in time; a contract can judge it. */
export type Receipt = {
  readonly logId: Uint8Array;
  /** EIP-712 digest of the statement. */
  readonly digest: Uint8Array;
  /** RFC 6962 leaf hash of the log entry. */
  readonly entryHash: Uint8Array;
  readonly receiptTimeMs: bigint;
  /** Block time in seconds by which an anchor covers the entry. */
  readonly deadline: bigint;
};

/**
 * Block time, in seconds, by which a receipt of a time promises an anchor. A log whose receipts promise the same number of
 * seconds needs to keep that number only, not one deadline a statement.
 *
 * @example deadlineAfter(1_763_683_200_001n, 3_600n) // 1_763_686_801n
 */
export const deadlineAfter = (receiptTimeMs: bigint, promisedSeconds: bigint): bigint =>
  (receiptTimeMs + 999n) / 1000n + promisedSeconds;

/** EIP-712 type string of a receipt. */
export const RECEIPT_TYPE =
  'Receipt(bytes32 logId,bytes32 digest,bytes32 entryHash,uint64 receiptTimeMs,uint64 deadline)';

const RECEIPT_TYPE_HASH = portable.keccak256(utf8(RECEIPT_TYPE));
const WORD_PADDING = new Uint8Array(24);

/**
 * The digest that the operator signs, 32 bytes.
 *
 * @throws ProtocolError `LengthMismatch`, `OutOfRange`; `RuleViolated` when the receipt is for another log than the domain
 */
export function receiptDigest(
  receipt: Receipt,
  domain: Domain,
  primitives: Primitives = portable,
): Uint8Array {
  requireLength(receipt.digest, 32, 'receipt.digest');
  requireLength(receipt.entryHash, 32, 'receipt.entryHash');
  const [expected, actual] = [toHex(domain.logId), toHex(receipt.logId)];
  if (expected !== actual) throw new ProtocolError('RuleViolated', 'receipt.logId', { expected, actual });
  const struct = concat(
    RECEIPT_TYPE_HASH,
    receipt.logId,
    receipt.digest,
    receipt.entryHash,
    WORD_PADDING,
    fromBigInt(receipt.receiptTimeMs, 8, 'receipt.receiptTimeMs'),
    WORD_PADDING,
    fromBigInt(receipt.deadline, 8, 'receipt.deadline'),
  );
  return typedDigest(primitives.keccak256(struct), domain, primitives);
}

/**
 * Checks that the log's operator signed a receipt.
 *
 * @param operator address, 20 bytes
 * @param signature encoded as docs/spec/identity.md says; secp256k1, so that a contract can recover it
 * @throws ProtocolError what {@link receiptDigest} and `verifySignature` throw; `UnknownAlgorithm` for another algorithm
 * @example verifyReceipt({ receipt, signature, operator, domain })
 */
export function verifyReceipt(
  {
    receipt,
    signature,
    operator,
    domain,
  }: { receipt: Receipt; signature: Uint8Array; operator: Uint8Array; domain: Domain },
  primitives: Primitives = portable,
): Signed {
  requireLength(operator, 20, 'operator');
  const keyId = concat(new Uint8Array(12), operator);
  const digest = receiptDigest(receipt, domain, primitives);
  if (signature[0] !== 1) {
    throw new ProtocolError('UnknownAlgorithm', 'signature', {
      expected: 1,
      actual: signature[0] ?? 'nothing',
    });
  }
  return verifySignature({ digest, signature, keyId }, primitives);
}
