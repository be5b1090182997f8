import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Reading } from '@gridseal/protocol';
import { openSignedBatches, type SignedBatches } from '../../edge/gateway/signed-batches.ts';
import { createTestFolder } from '../setup/postgres.ts';

const reading = (timeMs: bigint, value = 0n): Reading => ({ timeMs, channel: 1, quality: 0, value });
/** Two readings of a time of their own. */
const batch = (n: bigint): readonly Reading[] => [reading(10n * n), reading(10n * n + 1n)];
const place = (sequence: bigint) => ({ boot: 0, sequence });

const isSigned = (list: SignedBatches, readings: readonly Reading[]) => list.unsigned(readings).length === 0;

test('a batch is known once it is signed, in any order of its readings, and not when only noted', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const first = await openSignedBatches(folder.path, place(0n));
  assert.equal(isSigned(first, batch(1n)), false);
  await first.willSign(batch(1n), place(0n));
  await first.willSign(batch(2n), place(1n));
  // Killed before the second was signed: the station goes on at its number.
  const second = await openSignedBatches(folder.path, place(1n));
  assert.deepEqual([isSigned(second, batch(1n).toReversed()), isSigned(second, batch(2n))], [true, false]);
  await second.willSign(batch(3n), place(1n));
  const third = await openSignedBatches(folder.path, place(2n));
  assert.deepEqual(
    [1n, 2n, 3n].map((n) => isSigned(third, batch(n))),
    [true, false, true],
  );
});

test('readings of signed batches are found among others, however those are cut', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const list = await openSignedBatches(folder.path, place(0n));
  await list.willSign([reading(20n), reading(10n)], place(0n));
  await list.willSign([reading(30n), reading(40n)], place(1n));
  const all = [reading(50n), reading(40n), reading(10n), reading(30n), reading(25n), reading(20n)];
  assert.deepEqual(list.unsigned(all), [reading(25n), reading(50n)]);
  // One that was changed, added or taken away: what was signed with it is another batch now.
  const [changed, added] = [reading(30n, 7n), reading(35n)];
  assert.deepEqual(list.unsigned([reading(10n), reading(20n), changed, reading(40n)]), [
    changed,
    reading(40n),
  ]);
  assert.deepEqual(list.unsigned([...batch(1n), reading(30n), added, reading(40n)]), [
    ...batch(1n),
    reading(30n),
    added,
    reading(40n),
  ]);
  assert.deepEqual(list.unsigned([reading(20n), reading(30n), reading(40n)]), [reading(20n)]);
  assert.deepEqual(list.unsigned([]), []);
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
  assert.deepEqual([isSigned(second, batch(1n)), isSigned(second, batch(2n))], [true, false]);
  await writeFile(file, `${whole.slice(0, 5)}\n${whole}`);
  await assert.rejects(openSignedBatches(folder.path, place(2n)), /signed\.jsonl, line 1: damaged/u);
});
