import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Reading } from '@gridseal/protocol';
import { openSignedBatches } from '../../edge/gateway/signed-batches.ts';
import { createTestFolder } from '../setup/postgres.ts';

const batch = (value: bigint): readonly Reading[] => [
  { timeMs: 1n, channel: 1, quality: 0, value },
  { timeMs: 2n, channel: 1, quality: 0, value },
];
const place = (sequence: bigint) => ({ boot: 0, sequence });

test('a batch is known once it is signed, in any order of its readings, and not when only noted', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const first = await openSignedBatches(folder.path, place(0n));
  assert.equal(first.has(batch(1n)), false);
  await first.willSign(batch(1n), place(0n));
  await first.willSign(batch(2n), place(1n));
  // Killed before the second was signed: the station goes on at its number.
  const second = await openSignedBatches(folder.path, place(1n));
  assert.deepEqual([second.has(batch(1n).toReversed()), second.has(batch(2n))], [true, false]);
  await second.willSign(batch(3n), place(1n));
  const third = await openSignedBatches(folder.path, place(2n));
  assert.deepEqual(
    [1n, 2n, 3n].map((value) => third.has(batch(value))),
    [true, false, true],
  );
});

test('a line torn by a power cut is of a batch that was not signed; a damaged one is not passed over', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const file = join(folder.path, 'signed.jsonl');
  const first = await openSignedBatches(folder.path, place(0n));
  await first.willSign(batch(1n), place(0n));
  await first.willSign(batch(2n), place(1n));
  const whole = await readFile(file, 'utf8');
  await writeFile(file, whole.slice(0, -5));
  const second = await openSignedBatches(folder.path, place(1n));
  assert.deepEqual([second.has(batch(1n)), second.has(batch(2n))], [true, false]);
  await writeFile(file, `${whole.slice(0, 5)}\n${whole}`);
  await assert.rejects(openSignedBatches(folder.path, place(2n)), /signed\.jsonl, line 1: damaged/u);
});
