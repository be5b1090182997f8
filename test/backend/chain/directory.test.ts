import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Hex } from '@gridseal/protocol';

import { createDirectory, type MemoryDirectory } from '../../../backend/features/chain/directory.ts';
import type { ChainEvent } from '../../../backend/features/chain/events.ts';
import { applyStretch } from '../../../backend/features/chain/follower-store.ts';
import type { BlockRef, RegistryChange } from '../../../backend/features/chain/types.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

const DEPTH = 2n;
const identity: Hex = `0x${'a1'.repeat(20)}`;
const owner: Hex = `0x${'b2'.repeat(20)}`;
const keyId: Hex = `0x${'c3'.repeat(32)}`;
const lastGood: Hex = `0x${'d4'.repeat(32)}`;
const profile: Hex = `0x${'e5'.repeat(32)}`;

const block = (number: number, fork = 0): BlockRef => ({
  number: BigInt(number),
  hash: `0x${(number * 16 + fork).toString(16).padStart(64, '0')}`,
  time: BigInt(1_000 + number),
});

const at = ({ number, hash, time }: BlockRef, logIndex = 0) => ({
  blockNumber: number,
  blockHash: hash,
  blockTime: time,
  transactionHash: hash,
  transactionIndex: 0,
  logIndex,
});

const enrolled = (where: BlockRef): ChainEvent => ({
  ...at(where),
  type: 'enrolled',
  identity,
  keyId,
  owner,
  algorithm: 2,
  purpose: 1,
  profile,
});
const revoked = (where: BlockRef): ChainEvent => ({
  ...at(where),
  type: 'revoked',
  identity,
  keyId,
  lastGood,
});
const handedTo = (where: BlockRef, to: Hex): ChainEvent => ({
  ...at(where, 1),
  type: 'owner-changed',
  identity,
  owner: to,
});

let postgres: TestDatabase;
let directory: MemoryDirectory;
const queued: RegistryChange[] = [];
let head: BlockRef | undefined;

before(async () => {
  postgres = await createTestDatabase();
});
after(() => postgres.close());
beforeEach(async () => {
  await postgres.database.execute(
    'TRUNCATE chain_block, device_key, device_owner, registry_event, registry_taken_back, chain_anchor',
  );
  await postgres.database.execute('UPDATE chain_rewind SET count = count + 1');
  directory = createDirectory(postgres.database, DEPTH);
  queued.length = 0;
  head = undefined;
});

const apply = async (blocks: BlockRef[], events: ChainEvent[] = [], fork?: { at: BlockRef | undefined }) => {
  const base = fork === undefined ? head : fork.at;
  const outcome = await applyStretch(
    postgres.database,
    { base, blocks, events },
    {
      previousHead: head,
      finalityDepth: DEPTH,
      keepBlocks: 100n,
      queue: async (_tx, changes) => void queued.push(...changes),
    },
  );
  if (outcome === 'applied') head = blocks.at(-1) ?? base;
  await directory.refresh();
  return outcome;
};

const status = () => directory.find(identity, keyId)?.status;

test('an enrolment counts at finality, a revocation at the head', async () => {
  await apply([block(1)], [enrolled(block(1))]);
  assert.equal(status(), 'pending');
  await apply([block(2)]);
  assert.equal(status(), 'pending');
  await apply([block(3)]);
  assert.equal(status(), 'active');
  await apply([block(4)], [revoked(block(4))]);
  assert.equal(status(), 'revoked');
  assert.equal(directory.find(identity, keyId)?.lastGood, lastGood);
  assert.equal(directory.find(identity, keyId)?.revokedAt, block(4).time);
});

test('a reorganisation takes back what it removed, and keeps what it did not', async () => {
  await apply([block(1)], [enrolled(block(1))]);
  await apply([block(2), block(3)], [revoked(block(3))]);
  assert.equal(status(), 'revoked');
  await apply([block(3, 1), block(4, 1)], [], { at: block(2) });
  assert.equal(status(), 'active');
  assert.equal(directory.blockHash(3n), block(3, 1).hash);
  await apply([block(1, 2), block(2, 2), block(3, 2), block(4, 2)], [], { at: undefined });
  assert.equal(status(), undefined);
  assert.equal(directory.ownerOf(identity), identity);
});

test('what was final and is taken back is missed until it is final again', async () => {
  const taken = () => [...directory.takenBack()];
  await apply([block(1), block(2), block(3)], [enrolled(block(1)), handedTo(block(1), owner)]);
  await apply([block(4), block(5)], [revoked(block(4))]);
  await apply([block(4, 1), block(5, 1)], [], { at: block(3) });
  assert.deepEqual(taken(), [], 'the revocation was not final');
  await apply([block(6, 1), block(7, 1), block(8, 1)], [revoked(block(6, 1))]);

  await apply([block(1, 2), block(2, 2)], [enrolled(block(1, 2))], { at: undefined });
  assert.deepEqual(taken(), [identity]);
  await apply([block(3, 2)], [handedTo(block(3, 2), owner)]);
  await apply([block(3, 3), block(4, 3), block(5, 3)], [handedTo(block(3, 3), owner)], { at: block(2, 2) });
  assert.deepEqual(taken(), [identity], 'the revocation is missing');
  await apply([block(6, 3)], [revoked(block(6, 3))]);
  assert.deepEqual([status(), taken()], ['revoked', [identity]]);
  await apply([block(7, 3), block(8, 3)]);
  assert.deepEqual(taken(), []);
});

test('a change that was made twice is missed twice', async () => {
  const other: Hex = `0x${'f6'.repeat(20)}`;
  await apply([block(1)], [enrolled(block(1)), handedTo(block(1), other)]);
  await apply([block(2), block(3), block(4)], [handedTo(block(2), owner)]);
  await apply(
    [block(1, 1), block(2, 1), block(3, 1)],
    [enrolled(block(1, 1)), handedTo(block(1, 1), other)],
    {
      at: undefined,
    },
  );
  assert.deepEqual([...directory.takenBack()], [identity]);
  await apply([block(4, 1), block(5, 1), block(6, 1)], [handedTo(block(4, 1), owner)]);
  assert.deepEqual([...directory.takenBack()], []);
});

test('the owner is the one of the newest change, and the identity itself before any', async () => {
  const next: Hex = `0x${'f6'.repeat(20)}`;
  assert.equal(directory.ownerOf(identity), identity);
  await apply([block(1)], [enrolled(block(1))]);
  assert.equal(directory.ownerOf(identity), owner);
  await apply([block(2)], [handedTo(block(2), next)]);
  assert.equal(directory.ownerOf(identity), next);
  await apply([block(2, 1)], [], { at: block(1) });
  assert.equal(directory.ownerOf(identity), owner);
});

test('a registry change becomes a statement once, at finality, in chain order', async () => {
  await apply([block(1)], [enrolled(block(1)), handedTo(block(1), owner)]);
  await apply([block(2)], [revoked(block(2))]);
  assert.equal(queued.length, 0);
  await apply([block(3)]);
  assert.deepEqual(
    queued.map((change) => [change.change, change.blockNumber, change.logIndex]),
    [
      [1, 1n, 0],
      [3, 1n, 1],
    ],
  );
  await apply([block(4), block(5)]);
  assert.deepEqual(
    queued.map((change) => change.change),
    [1, 3, 2],
  );
});

test('a stretch computed from another head is not applied', async () => {
  await apply([block(1)]);
  head = block(1, 7);
  assert.equal(await apply([block(2)], [enrolled(block(2))]), 'stale');
  assert.equal(status(), undefined);
});

test('a change that fails to queue leaves the chain where it was', async () => {
  await apply([block(1)], [enrolled(block(1))]);
  const failing = applyStretch(
    postgres.database,
    { base: head, blocks: [block(2), block(3)], events: [] },
    {
      previousHead: head,
      finalityDepth: DEPTH,
      keepBlocks: 100n,
      queue: () => Promise.reject(new Error('no room')),
    },
  );
  await assert.rejects(failing, /no room/);
  await directory.refresh();
  assert.equal(directory.head()?.number, 1n);
});

test('a second process that reads later sees the same', async () => {
  await apply([block(1), block(2), block(3)], [enrolled(block(1))]);
  const other = createDirectory(postgres.database, DEPTH);
  await other.refresh();
  assert.deepEqual(other.find(identity, keyId), directory.find(identity, keyId));
});
