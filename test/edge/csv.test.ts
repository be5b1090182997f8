import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FileError } from '../../edge/readers/file-error.ts';
import { readTelemetryFile } from '../../edge/readers/csv.ts';
import { batchesOf } from '../../edge/readers/batches.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridseal-csv-'));
});
after(() => rm(folder, { recursive: true }));

const parse = async (text: string, options: Parameters<typeof readTelemetryFile>[1] = {}) => {
  const file = join(folder, 'day.csv');
  await writeFile(file, text);
  return readTelemetryFile(file, options);
};
const refusal = (code: string) => (error: unknown) => error instanceof FileError && error.code === code;

test('decimals become integers exactly, with one scale a channel', async () => {
  const { profile, readings } = await parse(
    'time,power [W],level [%]\n1780272000000,0.1,3\n1780272060000,-12.345,4\n',
  );
  assert.deepEqual(
    profile.channels.map(({ quantity, unit, scale }) => [quantity, unit, scale]),
    [
      ['power', 'W', -3],
      ['level', '%', 0],
    ],
  );
  assert.deepEqual(
    readings.map(({ channel, value }) => [channel, value]),
    [
      [1, 100n],
      [2, 3n],
      [1, -12345n],
      [2, 4n],
    ],
  );
});

test('an empty cell is left out and counted, not read as zero', async () => {
  const { readings, emptyCells } = await parse('time,a [W],b [W]\n2026-06-01T00:00:00Z,,5\n');
  assert.equal(emptyCells, 1);
  assert.deepEqual(
    readings.map(({ channel, value }) => [channel, value]),
    [[2, 5n]],
  );
});

test('what is not telemetry is refused with its place', async () => {
  await assert.rejects(parse('time,a [W]\n2026-06-01T00:00:00Z,high\n'), refusal('not-a-number'));
  await assert.rejects(parse('time,a [W]\n2026-06-01T00:00:00Z,high\n'), /row 2, column "a \[W\]": "high"/u);
  await assert.rejects(parse('time,a [W]\nyesterday,1\n'), refusal('bad-time'));
  await assert.rejects(parse('a,b\n1,2\n'), refusal('no-time'));
  await assert.rejects(parse('time,a [W]\n'), refusal('empty'));
  await assert.rejects(parse('time,a [W]\n"1,2\n'), refusal('malformed'));
});

test('batches hold a span of device time each, oldest first', async () => {
  const { readings } = await parse(
    'time,a [W]\n2026-06-01T02:00:00Z,3\n2026-06-01T00:00:00Z,1\n2026-06-01T00:59:59Z,2\n',
  );
  const batches = batchesOf(readings, 3_600_000);
  assert.deepEqual(
    batches.map((batch) => batch.map(({ value }) => value)),
    [[1n, 2n], [3n]],
  );
});

test('what one batch cannot hold is cut between two moments', () => {
  const readings = [1, 2, 3].flatMap((channel) =>
    Array.from({ length: 15_000 }, (_, i) => ({ timeMs: BigInt(i), channel, quality: 0, value: 0n })),
  );
  const batches = batchesOf(readings, 3_600_000);
  assert.deepEqual(
    batches.map(({ length }) => length),
    [3 * 10_922, 3 * 4_078],
  );
  assert.ok(batches[0]?.every(({ timeMs }) => timeMs < 10_922n));
});
