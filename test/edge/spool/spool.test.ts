import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { encodeRecord } from '../../../edge/spool/record.ts';
import { openSegmentFiles } from '../../../edge/spool/segment-files.ts';
import { openSpool, SpoolError } from '../../../edge/spool/spool.ts';
import { createTestFolder } from '../../setup/postgres.ts';
import { createForgetfulDisk } from './forgetful-disk.ts';

const folderOf = async (t: TestContext): Promise<string> => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  return folder.path;
};

const batch = (sequence: number, length = 100) => ({
  sequence: BigInt(sequence),
  item: new Uint8Array(randomBytes(length)),
});
const filled = async (folder: string, count: number) => {
  const spool = await openSpool(folder);
  const batches = Array.from({ length: count }, (_, i) => batch(i));
  for (const one of batches) await spool.put(one);
  return batches;
};
const segmentOf = async (folder: string): Promise<string> => {
  const [name] = (await readdir(folder)).filter((file) => file.endsWith('.spool'));
  return join(folder, name ?? '');
};

test('what was put is there after a restart, byte for byte, until it is receipted', async (t) => {
  const folder = await folderOf(t);
  const batches = await filled(folder, 5);
  const again = await openSpool(folder);
  assert.deepEqual(await again.read(again.waiting()), batches);
  await again.acknowledge([1n, 3n]);
  assert.deepEqual((await openSpool(folder)).waiting(), [0n, 2n, 4n]);
  await again.acknowledge([0n, 2n, 4n]);
  const last = await openSpool(folder);
  assert.deepEqual(last.waiting(), []);
  assert.ok(last.knows(4n) && !last.knows(5n));
});

test('a power cut at every byte of the last record loses nothing before it and shows nothing of it', async (t) => {
  const folder = await folderOf(t);
  const batches = await filled(folder, 4);
  const segment = await segmentOf(folder);
  const whole = await readFile(segment);
  const before = whole.length - encodeRecord(batches[3]!).length;
  for (let length = before; length < whole.length; length += 1) {
    await writeFile(segment, whole);
    await truncate(segment, length);
    const spool = await openSpool(folder);
    assert.deepEqual(spool.waiting(), [0n, 1n, 2n], `cut at ${length}`);
    assert.deepEqual(await spool.read(spool.waiting()), batches.slice(0, 3), `cut at ${length}`);
    assert.equal((await readFile(segment)).length, before, 'the torn bytes are gone');
    // The number is free again, and what takes it is kept.
    const next = batch(3, 40);
    await spool.put(next);
    const again = await openSpool(folder);
    assert.deepEqual(await again.read([3n]), [next], `cut at ${length}`);
  }
});

test('so does a cut after which the file has its length and no content yet', async (t) => {
  const folder = await folderOf(t);
  const batches = await filled(folder, 3);
  const segment = await segmentOf(folder);
  const whole = await readFile(segment);
  const before = whole.length - encodeRecord(batches[2]!).length;
  await writeFile(segment, Buffer.concat([whole.subarray(0, before), Buffer.alloc(whole.length - before)]));
  const spool = await openSpool(folder);
  assert.deepEqual(await spool.read(spool.waiting()), batches.slice(0, 2));
});

test('a changed byte before the last record is an error that names the place, at every byte', async (t) => {
  const folder = await folderOf(t);
  const batches = await filled(folder, 3);
  const segment = await segmentOf(folder);
  const whole = await readFile(segment);
  const last = whole.length - encodeRecord(batches[2]!).length;
  for (let at = 0; at < last; at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0x40;
    await writeFile(segment, damaged);
    await assert.rejects(
      openSpool(folder),
      (error) => error instanceof SpoolError && error.file === segment,
      `at ${at}`,
    );
  }
});

test('a disk that forgets what was not synced forgets nothing that was put', async () => {
  const disk = createForgetfulDisk();
  const open = async () => openSpool('/spool', await openSegmentFiles('/spool', disk), 300);
  let spool = await open();
  const batches = Array.from({ length: 9 }, (_, i) => batch(i));
  for (const [i, one] of batches.entries()) {
    await spool.put(one);
    disk.cutPower();
    spool = await open();
    assert.deepEqual(await spool.read(spool.waiting()), batches.slice(0, i + 1));
  }
});

test('segments go once all their batches are receipted', async (t) => {
  const folder = await folderOf(t);
  const spool = await openSpool(folder, undefined, 300);
  for (let i = 0; i < 12; i += 1) await spool.put(batch(i));
  const before = (await readdir(folder)).filter((name) => name.endsWith('.spool')).length;
  await spool.acknowledge([0n, 1n, 2n, 3n, 4n, 5n, 7n]);
  const after = (await readdir(folder)).filter((name) => name.endsWith('.spool')).length;
  assert.ok(before > 3 && after < before, `${before} segments, then ${after}`);
  assert.deepEqual((await openSpool(folder, undefined, 300)).waiting(), [6n, 8n, 9n, 10n, 11n]);
});

test('a number is not taken twice', async (t) => {
  const folder = await folderOf(t);
  await filled(folder, 2);
  await assert.rejects((await openSpool(folder)).put(batch(1)), RangeError);
});
