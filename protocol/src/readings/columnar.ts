import { ProtocolError } from '../errors.ts';
import { AT, BLOCK_LENGTH, countOf, requireAscending, requireReadingCount } from './block.ts';
import { VarintReader, VarintWriter } from './varint.ts';

const VERSION = 1;

/**
 * The columnar plaintext of a batch (docs/spec/readings.md): channels and qualities as runs, times as deltas of deltas,
 * values as deltas. There is one encoding of a batch.
 *
 * @param blocks n × 64 bytes, whatever their salts
 * @throws ProtocolError `LengthMismatch`, `CountMismatch`, `NotAscending`
 * @example const columnar = encodeColumnar(blocksOf(readings))
 */
export function encodeColumnar(blocks: Uint8Array): Uint8Array {
  const count = countOf(blocks);
  requireAscending(blocks);
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const writer = new VarintWriter(16 + 8 * count);
  writer.u32(VERSION);
  writer.u32(count);
  writer.column(encodeRuns(view, AT.channel, 'delta'));
  writer.column(encodeTimes(view));
  writer.column(encodeRuns(view, AT.quality, 'absolute'));
  writer.column(encodeValues(view));
  return writer.finish();
}

/**
 * Reads a columnar plaintext into blocks with zero salts, n × 64 bytes. Accepts exactly what {@link encodeColumnar}
 * writes.
 *
 * @throws ProtocolError `InvalidVersion`, `CountMismatch`, `Truncated`, `TrailingBytes`, `NonCanonical`, `OutOfRange`,
 *   `NotAscending`
 * @example const readings = readingsOf(decodeColumnar(columnar))
 */
export function decodeColumnar(bytes: Uint8Array): Uint8Array {
  const reader = new VarintReader(bytes, 'columnar');
  const version = reader.u32();
  if (version !== VERSION)
    throw new ProtocolError('InvalidVersion', 'columnar', { expected: VERSION, actual: version });
  const count = reader.u32();
  requireReadingCount(count);
  const channels = reader.column('columnar.channels');
  const times = reader.column('columnar.times');
  const qualities = reader.column('columnar.qualities');
  const values = reader.column('columnar.values');
  reader.end();
  // Each reading has at least a byte in both, so a short input cannot claim a long batch.
  requireAtLeast(times.remaining, count, 'columnar.times');
  requireAtLeast(values.remaining, count, 'columnar.values');
  const blocks = new Uint8Array(BLOCK_LENGTH * count);
  const view = new DataView(blocks.buffer);
  decodeRuns(view, AT.channel, 'delta', channels, 'columnar.channels');
  decodeTimes(view, times);
  decodeRuns(view, AT.quality, 'absolute', qualities, 'columnar.qualities');
  decodeValues(view, values);
  requireAscending(blocks);
  return blocks;
}

/** How a run states its number: as it is, or less the number of the run before it (0 before the first). */
type RunNumbers = 'absolute' | 'delta';

function encodeRuns(view: DataView, offset: number, numbers: RunNumbers): Uint8Array {
  const writer = new VarintWriter(64);
  let before = 0;
  for (let at = offset; at < view.byteLength;) {
    const number = view.getUint32(at);
    const start = at;
    while (at < view.byteLength && view.getUint32(at) === number) at += BLOCK_LENGTH;
    writer.u32(numbers === 'delta' ? number - before : number);
    writer.u32((at - start) / BLOCK_LENGTH);
    before = number;
  }
  return writer.finish();
}

function decodeRuns(
  view: DataView,
  offset: number,
  numbers: RunNumbers,
  reader: VarintReader,
  field: string,
): void {
  let before = -1;
  for (let at = offset; at < view.byteLength;) {
    const stated = reader.u32();
    const number = numbers === 'delta' && before >= 0 ? before + stated : stated;
    if (number > 0xffff_ffff)
      throw new ProtocolError('OutOfRange', field, { expected: '32 bits', actual: number });
    if (number === before)
      throw new ProtocolError('NonCanonical', field, { expected: 'longest runs', actual: number });
    const length = reader.u32();
    const left = (view.byteLength - at + offset) / BLOCK_LENGTH;
    if (length < 1 || length > left) {
      throw new ProtocolError('CountMismatch', field, { expected: `a run of 1 to ${left}`, actual: length });
    }
    for (const end = at + BLOCK_LENGTH * length; at < end; at += BLOCK_LENGTH) view.setUint32(at, number);
    before = number;
  }
  reader.end();
}

function encodeTimes(view: DataView): Uint8Array {
  const writer = new VarintWriter(64 + view.byteLength / 32);
  // A delta is 64 bits in halves; undefined until a channel has two times.
  let [deltaHigh, deltaLow] = [0, 0];
  for (let at = 0; at < view.byteLength; at += BLOCK_LENGTH) {
    const high = view.getUint32(at + AT.time);
    const low = view.getUint32(at + AT.time + 4);
    if (startsChannel(view, at)) {
      writer.u64(high, low);
      [deltaHigh, deltaLow] = [0, 0];
      continue;
    }
    const lowBefore = view.getUint32(at - BLOCK_LENGTH + AT.time + 4);
    const nextLow = (low - lowBefore) >>> 0;
    const nextHigh = (high - view.getUint32(at - BLOCK_LENGTH + AT.time) - (low < lowBefore ? 1 : 0)) >>> 0;
    const borrow = nextLow < deltaLow ? 1 : 0;
    writer.zigzag((nextHigh - deltaHigh - borrow) | 0, (nextLow - deltaLow) | 0);
    [deltaHigh, deltaLow] = [nextHigh, nextLow];
  }
  return writer.finish();
}

function decodeTimes(view: DataView, reader: VarintReader): void {
  let [deltaHigh, deltaLow] = [0, 0];
  let [high, low] = [0, 0];
  for (let at = 0; at < view.byteLength; at += BLOCK_LENGTH) {
    if (startsChannel(view, at)) {
      reader.u64();
      [high, low] = [reader.high, reader.low];
      [deltaHigh, deltaLow] = [0, 0];
    } else {
      reader.zigzag();
      const nextDelta = deltaLow + reader.low;
      deltaHigh = (deltaHigh + reader.high + (nextDelta > 0xffff_ffff ? 1 : 0)) >>> 0;
      deltaLow = nextDelta >>> 0;
      const next = low + deltaLow;
      high = (high + deltaHigh + (next > 0xffff_ffff ? 1 : 0)) >>> 0;
      low = next >>> 0;
    }
    view.setUint32(at + AT.time, high);
    view.setUint32(at + AT.time + 4, low);
  }
  reader.end();
}

function encodeValues(view: DataView): Uint8Array {
  const writer = new VarintWriter(64 + view.byteLength / 32);
  for (let at = 0; at < view.byteLength; at += BLOCK_LENGTH) {
    const high = view.getUint32(at + AT.value);
    const low = view.getUint32(at + AT.value + 4);
    if (startsChannel(view, at)) {
      writer.zigzag(high, low);
    } else {
      const lowBefore = view.getUint32(at - BLOCK_LENGTH + AT.value + 4);
      const borrow = low < lowBefore ? 1 : 0;
      writer.zigzag(
        (high - view.getUint32(at - BLOCK_LENGTH + AT.value) - borrow) | 0,
        (low - lowBefore) | 0,
      );
    }
  }
  return writer.finish();
}

function decodeValues(view: DataView, reader: VarintReader): void {
  let [high, low] = [0, 0];
  for (let at = 0; at < view.byteLength; at += BLOCK_LENGTH) {
    reader.zigzag();
    if (startsChannel(view, at)) {
      [high, low] = [reader.high, reader.low];
    } else {
      const next = low + reader.low;
      high = (high + reader.high + (next > 0xffff_ffff ? 1 : 0)) >>> 0;
      low = next >>> 0;
    }
    view.setUint32(at + AT.value, high);
    view.setUint32(at + AT.value + 4, low);
  }
  reader.end();
}

function startsChannel(view: DataView, at: number): boolean {
  return at === 0 || view.getUint32(at + AT.channel) !== view.getUint32(at - BLOCK_LENGTH + AT.channel);
}

function requireAtLeast(actual: number, count: number, field: string): void {
  if (actual < count) throw new ProtocolError('Truncated', field, { expected: count, actual });
}
