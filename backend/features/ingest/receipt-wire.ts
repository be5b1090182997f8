import { bufferOf } from './examination-wire.ts';
import type { TakenStatement } from './types.ts';

const HASH = 32;
/** Digest ‖ entry hash ‖ receipt time ‖ deadline. */
const LENGTH = 2 * HASH + 16;

/** Statements that receipts are asked for, as one buffer. */
export const packTaken = (taken: readonly TakenStatement[]): Buffer => {
  const bytes = bufferOf(LENGTH * taken.length);
  taken.forEach(({ digest, entryHash, receiptTimeMs, deadline }, i) => {
    const at = LENGTH * i;
    bytes.set(digest, at);
    bytes.set(entryHash, at + HASH);
    bytes.writeBigUInt64LE(receiptTimeMs, at + 2 * HASH);
    bytes.writeBigUInt64LE(deadline, at + 2 * HASH + 8);
  });
  return bytes;
};

/** Statements as they were packed. Their bytes are views. */
export const unpackTaken = (bytes: Uint8Array): TakenStatement[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / LENGTH }, (_, i) => ({
    digest: bytes.subarray(LENGTH * i, LENGTH * i + HASH),
    entryHash: bytes.subarray(LENGTH * i + HASH, LENGTH * i + 2 * HASH),
    receiptTimeMs: buffer.readBigUInt64LE(LENGTH * i + 2 * HASH),
    deadline: buffer.readBigUInt64LE(LENGTH * i + 2 * HASH + 8),
  }));
};
