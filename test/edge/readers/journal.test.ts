import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Reading } from '@gridseal/protocol';
import { openJournal } from '../../../edge/readers/journal.ts';
import { createTestFolder } from '../../setup/postgres.ts';

const reading = (timeMs: number, channel = 1): Reading => ({
  timeMs: BigInt(timeMs),
  channel,
  quality: 0,
  value: -BigInt(timeMs),
});

const FIRST = { boot: 0, sequence: 0n };
const SECOND = { boot: 0, sequence: 1n };

test('what was taken over is there after a restart, until it is forgotten', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const first = await openJournal(folder.path, FIRST);
  await Promise.all([first.append([reading(1), reading(1, 2)]), first.append([reading(2)])]);
  await first.close();
  const second = await openJournal(folder.path, FIRST);
  assert.deepEqual(second.waiting(), [reading(1), reading(1, 2), reading(2)]);
  await second.append([reading(3)]);
  await second.forget(second.waiting().slice(0, 2));
  await second.close();
  const third = await openJournal(folder.path, FIRST);
  t.after(third.close);
  assert.deepEqual(third.waiting(), [reading(2), reading(3)]);
});

test('a reading is known by channel and time: late ones are kept, repeated ones are not [A3]', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const other = { ...reading(60_000), value: 7n };
  const first = await openJournal(folder.path, FIRST);
  const times = [0, 300_000, 60_000, 120_000, 60_000];
  const taken = await first.append(times.map((time) => reading(time)));
  assert.deepEqual(
    first.waiting(),
    [0, 300_000, 60_000, 120_000].map((time) => reading(time)),
  );
  assert.deepEqual(taken, ['kept', 'kept', 'late', 'late', 'repeated']);
  assert.deepEqual(await first.append([other, reading(60_000, 2)]), ['conflicting', 'kept']);
  await first.willSign(first.waiting(), FIRST);
  await first.forget(first.waiting());
  await first.close();
  const second = await openJournal(folder.path, SECOND);
  t.after(second.close);
  assert.deepEqual(await second.append([reading(120_000), other, reading(180_000), reading(360_000)]), [
    'repeated',
    'conflicting',
    'late',
    'kept',
  ]);
  assert.deepEqual(second.waiting(), [reading(180_000), reading(360_000)]);
});

test('a clock that ran ahead takes nothing with it, also after a restart [A3]', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const [ahead, now] = [Date.UTC(2036, 1, 7), Date.UTC(2026, 0, 1)];
  const first = await openJournal(folder.path, FIRST);
  await first.append([reading(ahead), reading(now)]);
  await first.close();
  const second = await openJournal(folder.path, FIRST);
  t.after(second.close);
  await second.append([reading(now + 1_000), reading(now)]);
  assert.deepEqual(second.waiting(), [reading(ahead), reading(now), reading(now + 1_000)]);
});

test('what came late while a batch was signed is not in it', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const killed = await openJournal(folder.path, FIRST);
  await killed.append([reading(1), reading(5)]);
  const batch = killed.waiting();
  await killed.append([reading(3)]);
  // The first time it could not be written, and another batch took the number.
  await killed.willSign([reading(3)], FIRST);
  await killed.willSign(batch, FIRST);
  await killed.close();
  const next = await openJournal(folder.path, SECOND);
  t.after(next.close);
  assert.deepEqual(next.waiting(), [reading(3)]);
});

test('a power cut at every byte of the last line loses nothing before it, and the file goes on', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const file = join(folder.path, 'journal.jsonl');
  const first = await openJournal(folder.path, FIRST);
  await first.append([reading(1)]);
  await first.append([reading(2)]);
  await first.close();
  const whole = await readFile(file);
  const lastLine = whole.lastIndexOf('\n', -2) + 1;
  assert.ok(whole.length - lastLine > 40);
  for (let end = lastLine; end < whole.length; end += 1) {
    await writeFile(file, whole.subarray(0, end));
    const journal = await openJournal(folder.path, FIRST);
    assert.deepEqual(journal.waiting(), [reading(1)], `cut at ${end}`);
    await journal.append([reading(3)]);
    await journal.close();
    const next = await openJournal(folder.path, FIRST);
    assert.deepEqual(next.waiting(), [reading(1), reading(3)], `cut at ${end}`);
    await next.close();
  }
});

test('a damaged line that is not the last is not passed over', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const journal = await openJournal(folder.path, FIRST);
  await journal.append([reading(1), reading(2)]);
  await journal.close();
  const file = join(folder.path, 'journal.jsonl');
  await writeFile(file, (await readFile(file, 'utf8')).replace('"timeMs":"1"', '"timeMs":1"'));
  await assert.rejects(openJournal(folder.path, FIRST), /journal\.jsonl, line 2: damaged/u);
});

test('readings noted for a number are forgotten once it is signed, and kept when it is not', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const killed = await openJournal(folder.path, FIRST);
  await killed.append([reading(1), reading(1, 2), reading(2), reading(3, 2)]);
  await killed.willSign(killed.waiting().slice(0, 3), FIRST);
  await killed.append([reading(4)]);
  await killed.close();
  const unsigned = await openJournal(folder.path, FIRST);
  assert.deepEqual(unsigned.waiting(), [reading(1), reading(1, 2), reading(2), reading(3, 2), reading(4)]);
  await unsigned.willSign(unsigned.waiting().slice(0, 3), FIRST);
  await unsigned.close();
  const signed = await openJournal(folder.path, SECOND);
  t.after(signed.close);
  assert.deepEqual(signed.waiting(), [reading(3, 2), reading(4)]);
  await signed.append([reading(2), reading(5)]);
  assert.deepEqual(signed.waiting(), [reading(3, 2), reading(4), reading(5)], 'a repetition stays one');
});

test('numbers of a boot come after all numbers of the boot before', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const killed = await openJournal(folder.path, FIRST);
  await killed.append([reading(1)]);
  await killed.willSign(killed.waiting(), { boot: 0, sequence: 7n });
  await killed.close();
  const next = await openJournal(folder.path, { boot: 1, sequence: 0n });
  t.after(next.close);
  assert.deepEqual(next.waiting(), []);
});
