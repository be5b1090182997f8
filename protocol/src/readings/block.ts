import { isZero, requireLength } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { MAX_READINGS } from '../statement/types.ts';
import type { Reading } from './reading.ts';

/** Bytes of a reading block. */
export const BLOCK_LENGTH = 64;

/** Where each field of a block starts: salt 32 ‖ time u64 ‖ channel u32 ‖ quality u32 ‖ value i64 ‖ zero u64. */
export const AT = { time: 32, channel: 40, quality: 44, value: 48, zero: 56 } as const;

const MAX_U32 = 0xffff_ffff;
const MAX_U64 = (1n << 64n) - 1n;
const MIN_I64 = -(1n << 63n);
const MAX_I64 = (1n << 63n) - 1n;

/**
 * Lays the readings of a batch out as blocks with zero salts: n × 64 bytes, the form in which this package commits to,
 * encodes and checks them.
 *
 * @throws ProtocolError `CountMismatch` unless 1 to 65,536; `OutOfRange`; `NotAscending` by (channel, time)
 * @example blocksOf([{ timeMs: 1_700_000_000_000n, channel: 1, quality: 0, value: 250n }])
 */
export function blocksOf(readings: readonly Reading[]): Uint8Array {
  requireReadingCount(readings.length);
  const blocks = new Uint8Array(BLOCK_LENGTH * readings.length);
  const view = new DataView(blocks.buffer);
  readings.forEach(({ timeMs, channel, quality, value }, i) => {
    requireRange(timeMs, 0n, MAX_U64, i, 'timeMs');
    requireRange(channel, 0, MAX_U32, i, 'channel');
    requireRange(quality, 0, MAX_U32, i, 'quality');
    requireRange(value, MIN_I64, MAX_I64, i, 'value');
    const at = BLOCK_LENGTH * i;
    view.setBigUint64(at + AT.time, timeMs);
    view.setUint32(at + AT.channel, channel);
    view.setUint32(at + AT.quality, quality);
    view.setBigInt64(at + AT.value, value);
  });
  requireAscending(blocks);
  return blocks;
}

/**
 * The readings that blocks hold, whatever their salts.
 *
 * @param blocks n × 64 bytes
 */
export function readingsOf(blocks: Uint8Array): Reading[] {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  return Array.from({ length: countOf(blocks) }, (_, i) => readingAt(view, BLOCK_LENGTH * i));
}

/** One reading with the salt that hides it. */
export type SaltedReading = { readonly salt: Uint8Array; readonly reading: Reading };

/**
 * Reads one disclosed block.
 *
 * @throws ProtocolError `LengthMismatch`; `NonCanonical` unless the last eight bytes are zero
 */
export function decodeBlock(block: Uint8Array, field = 'block'): SaltedReading {
  requireLength(block, BLOCK_LENGTH, field);
  if (!isZero(block.subarray(AT.zero))) {
    throw new ProtocolError('NonCanonical', field, { expected: 'eight zero bytes at the end' });
  }
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  return { salt: block.subarray(0, AT.time), reading: readingAt(view, 0) };
}

/**
 * Number of blocks.
 *
 * @throws ProtocolError `LengthMismatch` unless whole blocks; `CountMismatch` unless 1 to 65,536
 */
export function countOf(blocks: Uint8Array): number {
  if (blocks.length % BLOCK_LENGTH !== 0) {
    throw new ProtocolError('LengthMismatch', 'blocks', { expected: 'blocks of 64', actual: blocks.length });
  }
  const count = blocks.length / BLOCK_LENGTH;
  requireReadingCount(count);
  return count;
}

/**
 * Checks that blocks ascend strictly by (channel, time).
 *
 * @throws ProtocolError `NotAscending` naming the first reading out of order
 */
export function requireAscending(blocks: Uint8Array): void {
  for (let at = BLOCK_LENGTH; at < blocks.length; at += BLOCK_LENGTH) {
    if (!follows(blocks, at)) {
      throw new ProtocolError('NotAscending', `readings[${at / BLOCK_LENGTH}]`, {
        expected: 'a later (channel, time) than the reading before it',
      });
    }
  }
}

/**
 * Checks that every reading was taken within the batch's interval, both ends included.
 *
 * @throws ProtocolError `OutOfRange` naming the first reading outside
 * @example requireWithinInterval(blocks, body.startMs, body.endMs)
 */
export function requireWithinInterval(blocks: Uint8Array, startMs: bigint, endMs: bigint): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let at = 0; at < blocks.length; at += BLOCK_LENGTH) {
    const timeMs = view.getBigUint64(at + AT.time);
    if (timeMs < startMs || timeMs > endMs) {
      throw new ProtocolError('OutOfRange', `readings[${at / BLOCK_LENGTH}].timeMs`, {
        expected: `from ${startMs} to ${endMs}`,
        actual: timeMs,
      });
    }
  }
}

/** @throws ProtocolError `CountMismatch` */
export function requireReadingCount(count: number): void {
  if (count < 1 || count > MAX_READINGS) {
    throw new ProtocolError('CountMismatch', 'readings', { expected: `1 to ${MAX_READINGS}`, actual: count });
  }
}

// Channel and time are unsigned big-endian, so byte order is their order; channel stands after time in the block.
function follows(blocks: Uint8Array, at: number): boolean {
  for (let i = at + AT.channel; i < at + AT.quality; i++) {
    if (blocks[i] !== blocks[i - BLOCK_LENGTH]) return blocks[i]! > blocks[i - BLOCK_LENGTH]!;
  }
  for (let i = at + AT.time; i < at + AT.channel; i++) {
    if (blocks[i] !== blocks[i - BLOCK_LENGTH]) return blocks[i]! > blocks[i - BLOCK_LENGTH]!;
  }
  return false;
}

function readingAt(view: DataView, at: number): Reading {
  return {
    timeMs: view.getBigUint64(at + AT.time),
    channel: view.getUint32(at + AT.channel),
    quality: view.getUint32(at + AT.quality),
    value: view.getBigInt64(at + AT.value),
  };
}

function requireRange<T extends number | bigint>(
  value: T,
  min: T,
  max: T,
  index: number,
  name: string,
): void {
  if (value < min || value > max || (typeof value === 'number' && !Number.isInteger(value))) {
    throw new ProtocolError('OutOfRange', `readings[${index}].${name}`, {
      expected: `integer from ${min} to ${max}`,
      actual: value,
    });
  }
}
