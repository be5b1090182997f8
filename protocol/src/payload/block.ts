import { ByteReader, concat, requireLength, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { portable, type Primitives } from '../primitives.ts';
import { payloadKey } from './keys.ts';

const VERSION = 1;
const WRAPPED_KEY_LENGTH = 40;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const PERIOD_ID = /^[\x21-\x7e]{1,255}$/;
/** CIDv1, raw, sha2-256, 32 bytes. */
const CID_PREFIX = Uint8Array.of(0x01, 0x55, 0x12, 0x20);

/** A payload block, decoded but still sealed. */
export type PayloadBlock = {
  /** Names the period key that wraps the batch key. */
  readonly periodId: string;
  /** Batch key under the period key, RFC 3394, 40 bytes. */
  readonly wrappedKey: Uint8Array;
  readonly nonce: Uint8Array;
  /** Ciphertext ‖ tag. */
  readonly sealed: Uint8Array;
};

/** Longest columnar plaintext of a batch, in bytes. */
export function maxColumnarLength(count: number): number {
  return 64 + 32 * count;
}

/**
 * Encrypts the readings of a batch into the block that IPFS stores. The result is written once and retried verbatim:
 * sealing again needs another nonce.
 *
 * @param columnar `encodeColumnar` of the batch
 * @param digest EIP-712 digest of the batch's statement, bound as additional data
 * @param nonce 12 random bytes
 * @throws ProtocolError `LengthMismatch`, `OutOfRange`
 * @example const block = sealPayload({ columnar, batchKey, digest, nonce, periodId: '2026-11', periodKey })
 */
export function sealPayload(
  {
    columnar,
    batchKey,
    digest,
    nonce,
    periodId,
    periodKey,
  }: {
    columnar: Uint8Array;
    batchKey: Uint8Array;
    digest: Uint8Array;
    nonce: Uint8Array;
    periodId: string;
    periodKey: Uint8Array;
  },
  primitives: Primitives = portable,
): Uint8Array {
  requireLength(digest, 32, 'digest');
  requireLength(nonce, NONCE_LENGTH, 'nonce');
  requireLength(periodKey, 32, 'periodKey');
  const key = payloadKey(batchKey, primitives);
  return encodePayloadBlock({
    periodId,
    wrappedKey: primitives.aesKwWrap(periodKey, batchKey),
    nonce,
    sealed: primitives.aesGcmSeal(key, nonce, primitives.deflateRaw(columnar), digest),
  });
}

/**
 * Decrypts a payload block with its batch key.
 *
 * @param count readings in the batch, from its statement: it bounds what is inflated
 * @returns the columnar plaintext, for `decodeColumnar`
 * @throws ProtocolError what {@link decodePayloadBlock} throws; `NotOpened` when the tag does not match;
 *   `InvalidDeflate`, `TooLong`
 * @example const blocks = decodeColumnar(openPayload({ block, batchKey, digest, count: body.count }))
 */
export function openPayload(
  {
    block,
    batchKey,
    digest,
    count,
  }: { block: Uint8Array; batchKey: Uint8Array; digest: Uint8Array; count: number },
  primitives: Primitives = portable,
): Uint8Array {
  requireLength(digest, 32, 'digest');
  const { nonce, sealed } = decodePayloadBlock(block);
  const key = payloadKey(batchKey, primitives);
  const compressed = attempt('NotOpened', 'sealed', () => primitives.aesGcmOpen(key, nonce, sealed, digest));
  return attempt('InvalidDeflate', 'sealed', () =>
    primitives.inflateRaw(compressed, maxColumnarLength(count)),
  );
}

/**
 * The batch key of a payload block, unwrapped with its period key.
 *
 * @throws ProtocolError `LengthMismatch`; `NotOpened` when another key wrapped it
 */
export function unwrapBatchKey(
  { wrappedKey, periodKey }: { wrappedKey: Uint8Array; periodKey: Uint8Array },
  primitives: Primitives = portable,
): Uint8Array {
  requireLength(wrappedKey, WRAPPED_KEY_LENGTH, 'wrappedKey');
  requireLength(periodKey, 32, 'periodKey');
  return attempt('NotOpened', 'wrappedKey', () => primitives.aesKwUnwrap(periodKey, wrappedKey));
}

/**
 * Bytes of a payload block.
 *
 * @throws ProtocolError `OutOfRange`, `LengthMismatch`
 */
export function encodePayloadBlock({ periodId, wrappedKey, nonce, sealed }: PayloadBlock): Uint8Array {
  requirePeriodId(periodId);
  requireLength(wrappedKey, WRAPPED_KEY_LENGTH, 'wrappedKey');
  requireLength(nonce, NONCE_LENGTH, 'nonce');
  requireSealed(sealed);
  return concat(Uint8Array.of(VERSION, periodId.length), utf8(periodId), wrappedKey, nonce, sealed);
}

/**
 * Reads a payload block without opening it. Byte fields are views.
 *
 * @throws ProtocolError `InvalidVersion`, `OutOfRange`, `Truncated`
 */
export function decodePayloadBlock(bytes: Uint8Array): PayloadBlock {
  const reader = new ByteReader(bytes);
  const version = reader.u8('version');
  if (version !== VERSION)
    throw new ProtocolError('InvalidVersion', 'version', { expected: VERSION, actual: version });
  // eslint-disable-next-line no-restricted-syntax -- 255 bytes at most
  const periodId = String.fromCharCode(...reader.take(reader.u8('periodId'), 'periodId'));
  requirePeriodId(periodId);
  const wrappedKey = reader.take(WRAPPED_KEY_LENGTH, 'wrappedKey');
  const nonce = reader.take(NONCE_LENGTH, 'nonce');
  const sealed = reader.take(reader.remaining, 'sealed');
  requireSealed(sealed);
  return { periodId, wrappedKey, nonce, sealed };
}

/**
 * Names the period whose key wraps the batch key of a payload block.
 *
 * @throws ProtocolError as {@link decodePayloadBlock}
 */
export function periodOf(block: Uint8Array): string {
  return decodePayloadBlock(block).periodId;
}

/** Binary CIDv1 (raw, SHA-256) of a payload block, 36 bytes, as the operator part holds it. */
export function payloadCid(block: Uint8Array, primitives: Primitives = portable): Uint8Array {
  return concat(CID_PREFIX, primitives.sha256(block));
}

function requirePeriodId(periodId: string): void {
  if (!PERIOD_ID.test(periodId)) {
    throw new ProtocolError('OutOfRange', 'periodId', {
      expected: '1 to 255 printable ASCII characters',
      actual: periodId,
    });
  }
}

function requireSealed(sealed: Uint8Array): void {
  if (sealed.length < TAG_LENGTH) {
    throw new ProtocolError('Truncated', 'sealed', {
      expected: `at least ${TAG_LENGTH}`,
      actual: sealed.length,
    });
  }
}

function attempt(code: 'NotOpened' | 'InvalidDeflate', field: string, open: () => Uint8Array): Uint8Array {
  try {
    return open();
  } catch (cause) {
    if (cause instanceof ProtocolError && cause.code === 'TooLong') throw cause;
    throw new ProtocolError(code, field, { cause });
  }
}
