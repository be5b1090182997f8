import { nextNonce } from './nonce.ts';
import { equal, toHex } from '@gridseal/protocol/bytes';
import { ProtocolError } from '@gridseal/protocol/errors';
import { payloadCid, sealPayload } from '@gridseal/protocol/payload/block';
import { keyCommitment } from '@gridseal/protocol/payload/keys';
import type { Primitives } from '@gridseal/protocol/primitives';
import { decodeColumnar } from '@gridseal/protocol/readings/columnar';
import { readingsRootOf } from '@gridseal/protocol/readings/commitment';
import { verifySignature } from '@gridseal/protocol/statement/signature';
import type { Admitted, Checked, Examinable, SealedPayload } from './candidate.ts';
import { toRefusal } from './refusal.ts';

/** The wrapping key that payloads are sealed for. */
export type Wrapping = { readonly period: string; readonly key: Uint8Array };

const BLOCK_LENGTH = 64;

/**
 * Checks what costs: the signature and that the readings are the ones committed to. Then seals the readings. Pure but for
 * the nonce, so that a worker thread may do it for a whole request.
 *
 * @returns the sealed readings, undefined for kinds that have none
 * @example const checked = examine(admitted, periodKeys.current(), primitives)
 */
export const examine = (
  { digest, signature, keyId, ownKeyOf, telemetry }: Examinable,
  wrapping: Wrapping,
  primitives: Primitives,
): Checked<SealedPayload | undefined> => {
  try {
    const signed = verifySignature({ digest, signature, keyId }, primitives);
    if (ownKeyOf !== undefined && !equal(signed.identity, ownKeyOf))
      throw new ProtocolError('KeyMismatch', 'header.keyId', {
        expected: toHex(ownKeyOf),
        actual: toHex(signed.identity),
      });
    return { passed: telemetry === undefined ? undefined : seal(telemetry, digest, wrapping, primitives) };
  } catch (error) {
    return { refused: toRefusal(error), digest };
  }
};

const seal = (
  telemetry: NonNullable<Admitted['telemetry']>,
  digest: Uint8Array,
  wrapping: Wrapping,
  primitives: Primitives,
): SealedPayload => {
  const { batchKey, columnar, count, readingsRoot } = telemetry;
  const blocks = decodeColumnar(columnar);
  const found = blocks.length / BLOCK_LENGTH;
  if (found !== count)
    throw new ProtocolError('RootMismatch', 'body.count', { expected: count, actual: found });
  requireTimes(blocks, telemetry);
  const root = readingsRootOf({ blocks, batchKey }, primitives);
  if (!equal(root, readingsRoot)) {
    const [expected, actual] = [toHex(readingsRoot), toHex(root)];
    throw new ProtocolError('RootMismatch', 'body.readingsRoot', { expected, actual });
  }
  const nonce = nextNonce();
  const { period: periodId, key: periodKey } = wrapping;
  const block = sealPayload({ columnar, batchKey, digest, nonce, periodId, periodKey }, primitives);
  return { block, cid: payloadCid(block, primitives), keyCommitment: keyCommitment(batchKey, primitives) };
};

const TIME_AT = 32;
const TWO_32 = 0x1_0000_0000;

/** Search and settlement go by the interval that the statement names, so no reading may lie outside. */
const requireTimes = (blocks: Uint8Array, { startMs, endMs }: { startMs: number; endMs: number }): void => {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let at = 0; at < blocks.length; at += BLOCK_LENGTH) {
    const timeMs = view.getUint32(at + TIME_AT) * TWO_32 + view.getUint32(at + TIME_AT + 4);
    if (timeMs >= startMs && timeMs <= endMs) continue;
    const field = `readings[${at / BLOCK_LENGTH}].timeMs`;
    throw new ProtocolError('RootMismatch', field, { expected: `${startMs} to ${endMs}`, actual: timeMs });
  }
};
