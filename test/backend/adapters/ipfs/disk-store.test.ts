import assert from 'node:assert/strict';
import { readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { CarReader } from '@ipld/car';
import { readFile } from 'node:fs/promises';

import { createDurableFiles } from '../../../../backend/adapters/durable-file/durable-files.ts';
import { openDiskStore } from '../../../../backend/adapters/ipfs/disk-store.ts';
import { linkList, rawBlock, type Block } from '../../../../backend/content/blocks.ts';
import { BlockError, carOf, walk } from '../../../../backend/content/dag.ts';
import { createTestFolder } from '../../../setup/postgres.ts';

const folders: { remove: () => Promise<void> }[] = [];
let folder: string;

beforeEach(async () => {
  const made = await createTestFolder();
  folders.push(made);
  folder = made.path;
});
after(() => Promise.all(folders.map((made) => made.remove())));

const open = () => openDiskStore({ folder, files: createDurableFiles() });

const leaves = Array.from({ length: 50 }, (_, index) => rawBlock(Buffer.from(`payload ${index}`)));
const { root, blocks: lists } = linkList(leaves.map((leaf) => leaf.cid));
const all = [...lists, ...leaves];
const held = new Map<string, Uint8Array>(all.map((block) => [block.cid.toString(), block.bytes]));
const car = () =>
  carOf(
    root,
    walk(async (cid) => held.get(cid.toString()), root, 'all'),
  );

const requireAll = async (store: Awaited<ReturnType<typeof open>>, blocks: readonly Block[]) => {
  for (const { cid, bytes } of blocks)
    assert.deepEqual(Buffer.from((await store.get(cid))!), Buffer.from(bytes));
};

test('what was imported is there, also for the next process', async () => {
  const store = await open();
  await store.importCar(root, car());
  await requireAll(store, all);
  await requireAll(await open(), all);
  assert.equal((await open()).figures().blocks, all.length);
});

test('importing again adds no file', async () => {
  const store = await open();
  await store.importCar(root, car());
  const files = await readdir(folder);
  await store.importCar(root, car());
  await (await open()).importCar(root, car());
  assert.deepEqual(await readdir(folder), files);
});

test('a block that the store does not have is undefined, not an error', async () => {
  const store = await open();
  assert.equal(await store.get(root), undefined);
});

test('packs are CAR files that other tools read', async () => {
  await (await open()).importCar(root, car());
  const pack = (await readdir(folder)).find((name) => name.endsWith('.car'));
  const reader = await CarReader.fromBytes(await readFile(join(folder, pack!)));
  assert.deepEqual((await reader.getRoots()).map(String), [root.toString()]);
});

test('a lost or cut index is made again from the pack', async () => {
  await (await open()).importCar(root, car());
  const index = (await readdir(folder)).find((name) => name.endsWith('.idx'));
  await rm(join(folder, index!));
  await requireAll(await open(), all);
  await truncate(join(folder, index!), 40);
  await requireAll(await open(), all);
});

test('a CAR with a block that is not its CID is refused, and nothing of it is kept', async () => {
  const store = await open();
  const [first, second] = leaves;
  const lie = [{ cid: first!.cid, bytes: second!.bytes }];
  await assert.rejects(
    store.importCar(first!.cid, carOf(first!.cid, lie)),
    (error) => error instanceof BlockError && error.code === 'block-corrupt',
  );
  assert.equal(store.figures().blocks, 0);
});

test('a pinned block is found by its CID', async () => {
  const store = await open();
  const [first] = leaves;
  await store.putPinned(first!.cid, first!.bytes);
  await requireAll(await open(), [first!]);
});
