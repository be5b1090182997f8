import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CarReader } from '@ipld/car';
import type { CID } from 'multiformats/cid';

import { cborBlock, rawBlock, type Block } from '../../../backend/content/blocks.ts';
import { BlockError, carOf, readVerified, walk } from '../../../backend/content/dag.ts';

const leaves = [1, 2, 3].map((byte) => rawBlock(Uint8Array.of(byte)));
const [first, second, third] = leaves as [Block, Block, Block];
const left = cborBlock([first.cid, second.cid]);
const root = cborBlock({ left: left.cid, right: [third.cid, first.cid] });

const storeOf = (blocks: readonly Block[]) => {
  const held = new Map(blocks.map((block) => [block.cid.toString(), block.bytes]));
  return async (cid: CID) => held.get(cid.toString());
};

const collect = async (parts: AsyncIterable<Uint8Array>) => {
  const chunks: Uint8Array[] = [];
  for await (const part of parts) chunks.push(part);
  return new Uint8Array(Buffer.concat(chunks));
};

test('a CAR lists a DAG depth first, every block once', async () => {
  const read = storeOf([root, left, ...leaves]);
  const car = await CarReader.fromBytes(await collect(carOf(root.cid, walk(read, root.cid, 'all'))));
  assert.deepEqual((await car.getRoots()).map(String), [root.cid.toString()]);
  const names: string[] = [];
  for await (const cid of car.cids()) names.push(String(cid));
  assert.deepEqual(
    names,
    [root, left, first, second, third].map((block) => block.cid.toString()),
  );
});

test('scope block carries the root alone', async () => {
  const read = storeOf([root]);
  const car = await CarReader.fromBytes(await collect(carOf(root.cid, walk(read, root.cid, 'block'))));
  assert.equal((await car.get(root.cid))?.bytes.length, root.bytes.length);
});

test('a missing block ends the CAR with an error, never as if it were whole', async () => {
  const read = storeOf([root, left, first, third]);
  await assert.rejects(
    collect(carOf(root.cid, walk(read, root.cid, 'all'))),
    (error) => error instanceof BlockError && error.code === 'block-missing' && error.cid.equals(second.cid),
  );
});

test('a block that does not hash to its CID is never handed out', async () => {
  const read = storeOf([{ cid: first.cid, bytes: second.bytes }]);
  await assert.rejects(
    readVerified(read, first.cid),
    (error) => error instanceof BlockError && error.code === 'block-corrupt',
  );
});
