import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reportOnChange, type DeadBand } from '../../../edge/reduction/report-on-change.ts';

const at = (seconds: number, value: number, quality = 0) => ({
  timeMs: BigInt(seconds * 1_000),
  channel: 1,
  quality,
  value: BigInt(value),
});
const amount = (of: number): DeadBand => ({ kind: 'amount', amount: BigInt(of) });

test('a value inside the dead band is left out, one outside and one after a heartbeat are kept', () => {
  const readings = [at(0, 100), at(1, 105), at(2, 111), at(3, 111), at(62, 110), at(63, 110, 8)];
  const { kept, figures } = reportOnChange(readings, { deadBandOf: () => amount(10), heartbeatMs: 60_000 });
  assert.deepEqual(kept, [at(0, 100), at(2, 111), at(62, 110), at(63, 110, 8)]);
  assert.deepEqual([figures.read, figures.kept, figures.ratio], [6, 4, 1.5]);
  assert.deepEqual(figures.channels[0]?.maxError, 5n);
});

test('a share of the value is a band that grows with it', () => {
  const band: DeadBand = { kind: 'share', millionths: 10_000n };
  const { kept } = reportOnChange([at(0, 1_000), at(1, 1_010), at(2, 1_011), at(3, 10), at(4, 11)], {
    deadBandOf: () => band,
    heartbeatMs: 3_600_000,
  });
  assert.deepEqual(kept, [at(0, 1_000), at(2, 1_011), at(3, 10), at(4, 11)]);
});

const series = fc.uniqueArray(
  fc.record({
    timeMs: fc.bigInt({ min: 0n, max: 10_000_000n }),
    channel: fc.integer({ min: 1, max: 3 }),
    quality: fc.constantFrom(0, 8),
    value: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
  }),
  { minLength: 1, maxLength: 80, selector: ({ timeMs, channel }) => `${timeMs}/${channel}` },
);

test('whoever holds each kept value is never off by more than the band, nor without one for longer than a heartbeat', () => {
  fc.assert(
    fc.property(
      series,
      fc.bigInt({ min: 0n, max: 2n ** 61n }),
      fc.integer({ min: 1, max: 5_000_000 }),
      (readings, band, heartbeatMs) => {
        const rule = { deadBandOf: () => ({ kind: 'amount', amount: band }) as const, heartbeatMs };
        const { kept, figures } = reportOnChange(readings, rule);
        assert.equal(figures.kept, kept.length);
        for (const reading of readings) {
          const held = kept
            .filter(({ channel, timeMs }) => channel === reading.channel && timeMs <= reading.timeMs)
            .at(-1);
          assert.ok(held !== undefined && reading.timeMs - held.timeMs < BigInt(heartbeatMs));
          const error = reading.value > held.value ? reading.value - held.value : held.value - reading.value;
          const { maxError } = figures.channels.find(({ channel }) => channel === reading.channel)!;
          assert.ok(error <= band && error <= maxError && held.quality === reading.quality);
        }
      },
    ),
    { numRuns: 300 },
  );
});
