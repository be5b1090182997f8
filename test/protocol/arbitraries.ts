import fc from 'fast-check';
import type { Header, Reading } from '../../protocol/src/index.ts';

/** Byte strings of one length. */
export function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

export const u32 = fc.nat({ max: 0xffff_ffff });
export const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 4_000_000_000_000n }),
);
const i64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -500n, max: 500n }),
);

/** Headers whose fields agree with each other. */
export const headers: fc.Arbitrary<Header> = fc
  .record(
    {
      author: bytesOf(20),
      keyId: bytesOf(32),
      lane: u32,
      boot: u32,
      sequence: u64,
      previous: bytesOf(32),
      timeMs: u64,
      notBeforeBlock: u64,
      notBeforeHash: bytesOf(32),
    },
    { noNullPrototype: true },
  )
  .map((header) => ({
    ...header,
    previous: header.sequence === 0n ? new Uint8Array(32) : marked(header.previous),
    notBeforeHash: marked(header.notBeforeHash),
  }));

/** The readings of a batch: few channels and close times as well as the extremes. */
export const batches: fc.Arbitrary<Reading[]> = fc
  .array(
    fc.record(
      {
        timeMs: u64,
        channel: fc.oneof(fc.constantFrom(0, 1, 2, 0x8000_0000, 0xffff_ffff), u32),
        quality: fc.oneof(fc.constantFrom(0, 0, 1, 8), u32),
        value: i64,
      },
      { noNullPrototype: true },
    ),
    { minLength: 1, maxLength: 70 },
  )
  .map((readings) => {
    const unique = new Map(readings.map((reading) => [`${reading.channel} ${reading.timeMs}`, reading]));
    return [...unique.values()].sort((a, b) =>
      a.channel === b.channel ? (a.timeMs < b.timeMs ? -1 : 1) : a.channel - b.channel,
    );
  });

function marked(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[0] = 1;
  return copy;
}
