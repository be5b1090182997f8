import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  commit,
  formatRawSeries,
  meaningOf,
  parseRawSeries,
  ProtocolError,
  rawRootIn,
  rawRootOf,
  requireRawRoot,
  summariesOf,
  summaryOf,
  type Reading,
} from '@gridseal/protocol';

const reading = (timeMs: number, channel: number, value: bigint, quality = 0): Reading => ({
  timeMs: BigInt(timeMs),
  channel,
  quality,
  value,
});
const ROOT = Uint8Array.from({ length: 32 }, (_, i) => 0xff - i);
const KEY = new Uint8Array(32).fill(7);
const codeOf = (code: string) => (error: unknown) => error instanceof ProtocolError && error.code === code;

test('summaries state how many readings there are of each channel, their total, minimum, maximum and the raw root', () => {
  const raw = [reading(5, 1, 7n), reading(9, 1, -3n, 2), reading(2, 4, 100n, 8), reading(7, 1, 1n, 1)];
  const said = summariesOf(raw, ROOT).map(({ channel, value, quality, timeMs }) => {
    assert.equal(timeMs, 9n);
    return [summaryOf(channel), value, quality];
  });
  assert.deepEqual(said.slice(4), [
    [{ kind: 'readings', of: 1 }, 3n, 3],
    [{ kind: 'total', of: 1 }, 5n, 3],
    [{ kind: 'minimum', of: 1 }, -3n, 3],
    [{ kind: 'maximum', of: 1 }, 7n, 3],
    [{ kind: 'readings', of: 4 }, 1n, 8],
    [{ kind: 'total', of: 4 }, 100n, 8],
    [{ kind: 'minimum', of: 4 }, 100n, 8],
    [{ kind: 'maximum', of: 4 }, 100n, 8],
  ]);
  assert.deepEqual(
    said.slice(0, 4).map(([summary]) => summary),
    [0, 1, 2, 3].map((word) => ({ kind: 'raw-root', word })),
  );
});

test('a total that 64 bits do not hold is left out, and a channel that leaves no room for a code is refused', () => {
  const largest = 2n ** 63n - 1n;
  const kinds = (values: readonly bigint[]) =>
    summariesOf(
      values.map((value, i) => reading(i, 1, value)),
      ROOT,
    )
      .slice(4)
      .map(({ channel }) => summaryOf(channel)?.kind);
  assert.deepEqual(kinds([largest, 0n]), ['readings', 'total', 'minimum', 'maximum']);
  assert.deepEqual(kinds([largest, 1n]), ['readings', 'minimum', 'maximum']);
  assert.deepEqual(kinds([-largest - 1n, -1n]), ['readings', 'minimum', 'maximum']);
  assert.throws(() => summariesOf([reading(0, 0x0100_0000, 1n)], ROOT), codeOf('OutOfRange'));
  assert.throws(() => summariesOf([reading(0, 1, 1n)], ROOT.slice(1)), codeOf('LengthMismatch'));
});

test('channel numbers that mean no summary have none', () => {
  for (const channel of [0, 1, 0x7fff_ffff, 0x8000_0004, 0x8500_0000, 0xffff_ffff]) {
    assert.equal(summaryOf(channel), undefined, `${channel}`);
  }
  assert.deepEqual(summaryOf(0x84ff_ffff), { kind: 'maximum', of: 0x00ff_ffff });
});

test('a raw root goes through its four words, in any order, and not through three of them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(3), (root, missing) => {
      const words = summariesOf([reading(1, 1, 1n)], root);
      assert.deepEqual(rawRootIn(words.toReversed()), root);
      assert.equal(rawRootIn(words.toSpliced(missing, 1)), undefined);
    }),
  );
});

test('a raw series is read back as it was written, and its root is that of a commitment under its own key', () => {
  const readings = [reading(5, 1, 7n), reading(9, 1, -3n, 2), reading(2, 4, 2n ** 63n - 1n)];
  const document = formatRawSeries({ readings, key: KEY });
  const series = parseRawSeries(document);
  assert.deepEqual(series, { readings, key: KEY });
  const root = rawRootOf(series);
  assert.deepEqual(root, commit({ readings, batchKey: KEY }).root);
  requireRawRoot(summariesOf(readings, root), root);
  assert.throws(() => requireRawRoot(summariesOf(readings, ROOT), root), codeOf('RootMismatch'));
  assert.throws(() => requireRawRoot([], root), codeOf('RootMismatch'));
});

test('a document that is no raw series is refused with the place', () => {
  const document = formatRawSeries({ readings: [reading(5, 1, 7n)], key: KEY });
  assert.throws(() => parseRawSeries(document.slice(0, -3)), codeOf('InvalidJson'));
  assert.throws(() => parseRawSeries('[]'), codeOf('InvalidJson'));
  assert.throws(() => parseRawSeries(document.replace('series/1', 'series/2')), codeOf('InvalidJson'));
  assert.throws(() => parseRawSeries(document.replace('"0x01', '"0x02')), codeOf('InvalidVersion'));
  assert.throws(() => parseRawSeries(' '.repeat(4_194_305)), codeOf('TooLong'));
});

test('a summary means what its channel means, a number of readings and a root apart', () => {
  const power = { channel: 1, quantity: 'active-power', scale: -1, sign: '+ = consumed', unit: 'W' };
  const profile = new Map([[1, power]]);
  assert.deepEqual(meaningOf(1, profile), power);
  assert.deepEqual(meaningOf(0x8400_0001, profile), {
    ...power,
    channel: 0x8400_0001,
    quantity: 'active-power-maximum',
  });
  assert.deepEqual(meaningOf(0x8100_0001, profile), {
    channel: 0x8100_0001,
    quantity: 'active-power-readings',
    scale: 0,
    sign: 'a number of readings',
    unit: '1',
  });
  assert.equal(meaningOf(0x8000_0003, profile)?.quantity, 'raw-root-word-4');
  assert.equal(meaningOf(0x8400_0002, profile), undefined);
});
