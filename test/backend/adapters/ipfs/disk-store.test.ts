import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { CarReader } from '@ipld/car';
import { readFile } from 'node:fs/promises';

import { createDurableFiles } from '../../../../backend/adapters/durable-file/durable-files.ts';
import { openDiskStore } from '../../../../backend/adapters/ipfs/disk-store.ts';
import { linkList, rawBlock, type Block } from '../../../../backend/content/blocks.ts';
import { BlockError, walk } from '../../../../backend/content/dag.ts';
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
const { root, blocks: lists } = await linkList(leaves.map((leaf) => leaf.cid));
const all = [...lists, ...leaves];
const held = new Map<string, Uint8Array>(all.map((block) => [block.cid.toString(), block.bytes]));
const dag = () => walk(async (cid) => held.get(cid.toString()), root, 'all');

const requireAll = async (store: Awaited<ReturnType<typeof open>>, blocks: readonly Block[]) => {
  for (const { cid, bytes } of blocks)
    assert.deepEqual(Buffer.from((await store.get(cid))!), Buffer.from(bytes));
};

test('what was imported is there, also for the next process', async () => {
  const store = await open();
  await store.importBlocks(root, dag());
  await requireAll(store, all);
  await requireAll(await open(), all);
  assert.equal((await (await open()).figures()).blocks, all.length);
});

test('importing again adds no file', async () => {
  const store = await open();
  await store.importBlocks(root, dag());
  const files = await readdir(folder);
  await store.importBlocks(root, dag());
  await (await open()).importBlocks(root, dag());
  assert.deepEqual(await readdir(folder), files);
});

test('a block that the store does not have is undefined, not an error', async () => {
  const store = await open();
  assert.equal(await store.get(root), undefined);
});

test('packs are CAR files that other tools read', async () => {
  await (await open()).importBlocks(root, dag());
  const pack = (await readdir(folder)).find((name) => name.endsWith('.car'));
  const reader = await CarReader.fromBytes(await readFile(join(folder, pack!)));
  assert.deepEqual((await reader.getRoots()).map(String), [root.toString()]);
});

test('a lost or cut index is made again from the pack', async () => {
  await (await open()).importBlocks(root, dag());
  const index = (await readdir(folder)).find((name) => name.endsWith('.idx'));
  await rm(join(folder, index!));
  await requireAll(await open(), all);
  await truncate(join(folder, index!), 40);
  await requireAll(await open(), all);
});

test('a block that is not its CID is refused, and nothing that came with it is kept', async () => {
  const store = await open();
  const [first, second] = leaves;
  const lie = [{ cid: first!.cid, bytes: second!.bytes }];
  await assert.rejects(
    store.importBlocks(first!.cid, lie),
    (error) => error instanceof BlockError && error.code === 'block-corrupt',
  );
  assert.equal((await store.figures()).blocks, 0);
});

test('an index that cannot be read now is read when it is asked for again', async () => {
  await (await open()).importBlocks(root, dag());
  const files = createDurableFiles();
  let failures = 1;
  const failing = {
    ...files,
    read: (path: string) =>
      path.endsWith('.idx') && failures-- > 0 ? Promise.reject(new Error('EMFILE')) : files.read(path),
  };
  const store = await openDiskStore({ folder, files: failing });
  await assert.rejects(store.get(root), /EMFILE/u);
  await requireAll(store, all);
});

test('many blocks are read in the order asked for, those of several packs and absent ones among them', async () => {
  const store = await open();
  await store.importBlocks(root, dag());
  const later = Array.from({ length: 300 }, (_, n) => rawBlock(Buffer.from(`later ${n}`)));
  await store.importBlocks(later[0]!.cid, later);
  const absent = rawBlock(Buffer.from('absent'));
  const asked = [later[299]!, absent, leaves[7]!, later[0]!, leaves[7]!, ...later.toReversed(), ...leaves];
  for (const each of [store, await open()]) {
    const found = await each.getAll(asked.map(({ cid }) => cid));
    assert.deepEqual(
      found.map((bytes) => bytes && Buffer.from(bytes)),
      asked.map((block) => (block === absent ? undefined : Buffer.from(block.bytes))),
    );
  }
});

test('an index of an earlier version is made again', async () => {
  await (await open()).importBlocks(root, dag());
  const index = join(
    folder,
    (await readdir(folder)).find((name) => name.endsWith('.idx'))!,
  );
  const body = Buffer.from('GSPI1\n');
  await writeFile(index, Buffer.concat([body, createHash('sha256').update(body).digest()]));
  await requireAll(await open(), all);
});

test('a pinned block is found by its CID', async () => {
  const store = await open();
  const [first] = leaves;
  await store.putPinned(first!.cid, first!.bytes);
  await requireAll(await open(), [first!]);
});

/** Twelve packs of one block each. */
const manyPacks = async () => {
  const store = await open();
  for (const leaf of leaves.slice(0, 12)) await store.putPinned(leaf.cid, leaf.bytes);
  return (await readdir(folder)).filter((name) => name.endsWith('.car'));
};
const heldBy = async (name: string): Promise<Block> => {
  const bytes = await readFile(join(folder, name));
  return leaves.find((leaf) => bytes.includes(Buffer.from(leaf.bytes)))!;
};

for (const [what, damage] of Object.entries({
  'that is empty': (path: string) => truncate(path, 0),
  'that is cut': async (path: string) => truncate(path, (await stat(path)).size - 3),
  'that is no CAR': (path: string) => writeFile(path, 'not this'),
  'that is gone': (path: string) => rm(path),
}))
  for (const [whose, keepsIndex] of [
    ['without its index', false],
    ['beside its index', true],
  ] as const)
    test(`a pack ${what} ${whose} costs its own blocks only, and importing them again heals it [D4]`, async () => {
      const names = await manyPacks();
      const name = names[5]!;
      const lost = await heldBy(name);
      const others = leaves.slice(0, 12).filter((leaf) => leaf !== lost);
      await damage(join(folder, name));
      if (!keepsIndex) await rm(join(folder, name.replace('.car', '.idx')));
      const store = await open();
      await requireAll(store, others);
      assert.equal(await store.get(lost.cid), undefined);
      assert.equal(await store.get(leaves[20]!.cid), undefined);
      // One of which nothing is left is not known to have been there.
      if (keepsIndex || what !== 'that is gone')
        assert.deepEqual(
          (await store.damaged()).map(({ pack }) => pack),
          [name],
        );
      await store.putPinned(lost.cid, lost.bytes);
      for (const each of [store, await open()]) {
        await requireAll(each, [...others, lost]);
        assert.deepEqual(await each.damaged(), []);
      }
    });

test('a block of a damaged pack is taken from another one that has it, too [D4]', async () => {
  const names = await manyPacks();
  await (await open()).importBlocks(root, dag());
  const newest = (await readdir(folder)).find((name) => name.endsWith('.car') && !names.includes(name))!;
  const store = await open();
  await truncate(join(folder, newest), 200);
  await requireAll(store, leaves.slice(0, 12));
  assert.deepEqual(
    (await store.damaged()).map(({ pack }) => pack),
    [newest],
  );
});
