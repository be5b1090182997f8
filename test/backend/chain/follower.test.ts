import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, beforeEach, test } from 'node:test';
import { concat, fromHex, toHex, type Hex } from '@gridseal/protocol';
import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import { deviceRegistryAbi } from '@gridseal/sdk/abi/device-registry';
import {
  createWalletClient,
  encodeAbiParameters,
  encodeEventTopics,
  http,
  LimitExceededRpcError,
  type Abi,
  type AbiEvent,
} from 'viem';

import { BlockError } from '../../../backend/ethereum/errors.ts';
import { createDirectory, type MemoryDirectory } from '../../../backend/features/chain/directory.ts';
import { ChainError } from '../../../backend/features/chain/errors.ts';
import { createFollower } from '../../../backend/features/chain/follower.ts';
import type { ChainBinding, RegistryChange } from '../../../backend/features/chain/types.ts';
import { createChallengeStore } from '../../../backend/features/promise/challenge-store.ts';
import { createTestLog, TEST_ACCOUNTS } from '../../setup/anchoring.ts';
import { startTestChain, type TestChain } from '../../setup/anvil.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

const identity: Hex = `0x${'a1'.repeat(20)}`;
const owner: Hex = `0x${'b2'.repeat(20)}`;
const keyId: Hex = `0x${'c3'.repeat(32)}`;
const anchorPromise: Hex = `0x${'f6'.repeat(20)}`;

let chain: TestChain;
let postgres: TestDatabase;
let binding: ChainBinding;
let registry: Hex;
let registries = 0x10;
let directory: MemoryDirectory;
const queued: RegistryChange[] = [];

before(async () => {
  chain = await startTestChain();
});
after(() => chain.stop());
beforeEach(async (t) => {
  postgres = await createTestDatabase();
  if ('after' in t) t.after(() => postgres.close());
  await chain.cheat.setAutomine(false);
  registries += 1;
  registry = `0x${registries.toString(16).repeat(20)}`;
  binding = { ...(await createTestLog(chain, registry)), anchorPromise };
  directory = createDirectory(postgres.database, 0n);
  queued.length = 0;
});

const followerOf = (client: TestChain['client'] = chain.client, shorterForMs?: number) =>
  createFollower({
    client,
    ...(shorterForMs === undefined ? {} : { shorterForMs }),
    database: postgres.database,
    binding,
    directory,
    firstBlock: 0n,
    queue: async (_tx, changes) => void queued.push(...changes),
  });

/** Code that emits its calldata as a log: `topics` words of topics, then data. */
const emitterOf = (topics: number): Hex => {
  const width = 32 * topics;
  const code = [0x60, width, 0x36, 0x03, 0x80, 0x60, width, 0x60, 0x00, 0x37];
  for (let topic = topics - 1; topic >= 0; topic -= 1) code.push(0x60, 32 * topic, 0x35);
  return toHex(Uint8Array.from([...code, 0x80 + topics, 0x60, 0x00, 0xa0 + topics, 0x00]));
};

/** Emits an event from the address of its contract, the registry unless named, in a block of its own. */
const emit = async (
  eventName: string,
  args: Record<string, unknown>,
  abi: Abi = deviceRegistryAbi,
  address: Hex = registry,
) => {
  const event = abi.find((item): item is AbiEvent => item.type === 'event' && item.name === eventName)!;
  const topics = encodeEventTopics({ abi, eventName, args }) as Hex[];
  const plain = event.inputs.filter((input) => input.indexed !== true);
  const data = encodeAbiParameters(
    plain,
    plain.map((input) => args[input.name ?? ''] ?? 0n),
  );
  await chain.cheat.setCode({ address, bytecode: emitterOf(topics.length) });
  const wallet = createWalletClient({ account: TEST_ACCOUNTS.owner, transport: http(chain.url) });
  const calldata = toHex(concat(...topics.map((topic) => fromHex(topic)), fromHex(data)));
  await wallet.sendTransaction({ to: address, data: calldata, chain: null, gas: 200_000n });
  await chain.cheat.mine({ blocks: 1 });
};

const enrol = () =>
  emit('KeyEnrolled', { identity, keyId, owner, algorithm: 1, purpose: 1, profile: `0x${'e5'.repeat(32)}` });
const revoke = () => emit('KeyRevoked', { identity, keyId, lastGood: `0x${'d4'.repeat(32)}` });
const promiseEvent = (eventName: 'PromiseChallenged' | 'PromiseKept', args: Record<string, unknown>) => {
  const { evidenceLog, logId } = binding;
  return emit(eventName, { evidenceLog, logId, ...args }, anchorPromiseAbi, anchorPromise);
};
const receiptDigest: Hex = `0x${'a7'.repeat(32)}`;
const challenge = (which: Record<string, unknown> = {}) =>
  promiseEvent('PromiseChallenged', {
    receiptDigest,
    digest: `0x${'b8'.repeat(32)}`,
    entryHash: `0x${'c9'.repeat(32)}`,
    deadline: 1_000n,
    answerBy: 2_000n,
    ...which,
  });
const challenged = async (time = 2_000n) =>
  (await createChallengeStore(postgres.database).open(time)).map((open) => open.receiptDigest);
const status = () => directory.find(identity, keyId)?.status;

test('registry events reach the directory and become statements', async () => {
  const follower = followerOf();
  await enrol();
  await follower.catchUp();
  assert.equal(status(), 'active');
  assert.equal(directory.ownerOf(identity), owner);
  await revoke();
  await follower.catchUp();
  assert.equal(status(), 'revoked');
  assert.deepEqual(
    queued.map((change) => change.change),
    [1, 2],
  );
});

test('a reorganisation that drops a revocation gives the key back', async () => {
  const follower = followerOf();
  await enrol();
  const snapshot = await chain.cheat.snapshot();
  await revoke();
  await follower.catchUp();
  assert.equal(status(), 'revoked');
  await chain.cheat.revert({ id: snapshot });
  await chain.cheat.mine({ blocks: 2 });
  await follower.catchUp();
  assert.equal(status(), 'active');
  const head = await chain.client.getBlock();
  assert.equal(directory.head()?.hash, head.hash);
});

test('a chain that became shorter is followed back', async () => {
  const follower = followerOf(undefined, 0);
  const snapshot = await chain.cheat.snapshot();
  await enrol();
  await follower.catchUp();
  await chain.cheat.revert({ id: snapshot });
  await follower.catchUp();
  assert.equal(status(), undefined);
  assert.equal(directory.head()?.number, (await chain.client.getBlock()).number);
});

test('a node that lags undoes nothing', async () => {
  const follower = followerOf();
  const before = await chain.client.getBlock();
  await enrol();
  await follower.catchUp();
  const lagging = {
    ...chain.client,
    getBlock: (which: { blockTag?: string }) =>
      which.blockTag === 'latest' ? Promise.resolve(before) : chain.client.getBlock(which as never),
  } as unknown as TestChain['client'];
  await followerOf(lagging).catchUp();
  assert.equal(status(), 'active');
  assert.equal(directory.head()?.number, before.number + 1n);
});

test('a node that lags undoes nothing while somebody else follows, too', async () => {
  const before = await chain.client.getBlock();
  await enrol();
  let asked = 0;
  const oneOfTwo = {
    ...chain.client,
    getBlock: async (which: { blockTag?: string }) => {
      if (which.blockTag !== 'latest') return chain.client.getBlock(which as never);
      asked += 1;
      return asked % 2 === 1 ? before : head;
    },
  } as unknown as TestChain['client'];
  const head = await chain.client.getBlock();
  await followerOf().catchUp();
  const rewinds = () => postgres.database.query('SELECT count FROM chain_rewind');
  const rewindsBefore = await rewinds();
  const follower = followerOf(oneOfTwo);
  await Promise.all([follower.step(), follower.step()]);
  assert.deepEqual(await rewinds(), rewindsBefore);
  assert.equal(status(), 'active');
  assert.equal(directory.head()?.hash, head.hash);
});

test('how long a chain has been shorter counts from when it was whole last', async () => {
  const before = await chain.client.getBlock();
  await enrol();
  let isBehind = false;
  const swaying = {
    ...chain.client,
    getBlock: (which: { blockTag?: string }) =>
      which.blockTag === 'latest' && isBehind
        ? Promise.resolve(before)
        : chain.client.getBlock(which as never),
  } as unknown as TestChain['client'];
  const follower = followerOf(swaying, 300);
  await follower.catchUp();
  for (let times = 0; times < 3; times += 1) {
    isBehind = true;
    await follower.catchUp();
    assert.equal(status(), 'active');
    isBehind = false;
    await follower.catchUp();
    await sleep(200);
  }
});

test('a long history is read range by range, and one that is too wide in smaller ones', async () => {
  await enrol();
  for (let mined = 0; mined < 2_500; mined += 500) await chain.cheat.mine({ blocks: 500 });
  let asked = 0;
  const narrow = {
    ...chain.client,
    getLogs: async (range: { fromBlock: bigint; toBlock: bigint }) => {
      asked += 1;
      if (range.toBlock - range.fromBlock >= 700n)
        throw new LimitExceededRpcError(new Error('too many blocks'));
      return chain.client.getLogs(range);
    },
  } as unknown as TestChain['client'];
  await followerOf(narrow).catchUp();
  assert.equal(status(), 'active');
  assert.ok(asked > 5);
});

test('logs that are not in the blocks they claim are never applied', async () => {
  await enrol();
  const lying = {
    ...chain.client,
    getLogs: async (range: Parameters<typeof chain.client.getLogs>[0]) =>
      (await chain.client.getLogs(range)).map((log) => ({ ...log, blockHash: `0x${'ee'.repeat(32)}` })),
  } as unknown as TestChain['client'];
  await assert.rejects(
    followerOf(lying).catchUp(),
    (error) => error instanceof ChainError && error.code === 'chain-inconsistent',
  );
  assert.equal(status(), undefined);
});

const isInconsistent = (error: unknown) => error instanceof ChainError && error.code === 'chain-inconsistent';

test('a revocation that the node leaves out of its logs is missed by nobody', async () => {
  await enrol();
  await followerOf().catchUp();
  await revoke();
  const hiding = { ...chain.client, getLogs: () => Promise.resolve([]) } as unknown as TestChain['client'];
  await assert.rejects(followerOf(hiding).catchUp(), isInconsistent);
  assert.equal(status(), 'active');
  await followerOf().catchUp();
  assert.equal(status(), 'revoked');
});

test('challenges of this log’s promises are followed, and a reorganisation takes back what it drops', async () => {
  const follower = followerOf();
  await challenge({ receiptDigest: `0x${'01'.repeat(32)}`, logId: `0x${'02'.repeat(32)}` });
  await challenge({ receiptDigest: `0x${'03'.repeat(32)}`, evidenceLog: owner });
  const unchallenged = await chain.cheat.snapshot();
  await challenge();
  await follower.catchUp();
  assert.deepEqual(await challenged(), [receiptDigest]);
  assert.deepEqual(await challenged(2_001n), [], 'nobody is heard any more');

  const unanswered = await chain.cheat.snapshot();
  await promiseEvent('PromiseKept', { receiptDigest, index: 5n, time: 900n });
  await follower.catchUp();
  assert.deepEqual(await challenged(), []);
  await chain.cheat.revert({ id: unanswered });
  await chain.cheat.mine({ blocks: 2 });
  await follower.catchUp();
  assert.deepEqual(await challenged(), [receiptDigest]);
  await chain.cheat.revert({ id: unchallenged });
  await chain.cheat.mine({ blocks: 5 });
  await follower.catchUp();
  assert.deepEqual(await challenged(), []);
});

test('a challenge that the node leaves out of its logs is missed by nobody', async () => {
  await challenge();
  const hiding = { ...chain.client, getLogs: () => Promise.resolve([]) } as unknown as TestChain['client'];
  await assert.rejects(followerOf(hiding).catchUp(), isInconsistent);
});

test('an enrolment that the node invents or alters speaks for nobody', async () => {
  await enrol();
  await revoke();
  const logs = await chain.client.getLogs({ address: registry, fromBlock: 0n });
  const [enrolment, revocation] = logs;
  assert.ok(enrolment && revocation);
  const elsewhere = { ...enrolment, blockNumber: revocation.blockNumber, blockHash: revocation.blockHash };
  const altered = { ...enrolment, data: enrolment.data.replace('b2', 'b3') };
  for (const [which, lie] of [
    [enrolment, revocation, { ...elsewhere, logIndex: 1 }],
    [enrolment, elsewhere],
    [altered, revocation],
    [enrolment, revocation, { ...enrolment, logIndex: 1 }],
    [{ ...enrolment, logIndex: 1 }, revocation],
  ].entries()) {
    const lying = { ...chain.client, getLogs: () => Promise.resolve(lie) } as unknown as TestChain['client'];
    await assert.rejects(followerOf(lying).catchUp(), isInconsistent, `lie ${which}`);
    assert.equal(status(), undefined);
  }
});

test('a block whose header does not hash to its hash is not followed', async () => {
  await enrol();
  const lying = {
    ...chain.client,
    request: async (call: { method: string }) => {
      const answer: unknown = await chain.client.request(call as never);
      const isBlock = call.method === 'eth_getBlockByNumber';
      return isBlock ? { ...(answer as object), logsBloom: `0x${'00'.repeat(256)}` } : answer;
    },
    getLogs: () => Promise.resolve([]),
  } as unknown as TestChain['client'];
  await assert.rejects(
    followerOf(lying).catchUp(),
    (error) => error instanceof BlockError && error.code === 'HeaderNotReproducible',
  );
  assert.equal(status(), undefined);
});

test('two followers on one database apply each event once', async () => {
  await enrol();
  await chain.cheat.mine({ blocks: 10 });
  await Promise.all([followerOf().catchUp(), followerOf().catchUp()]);
  assert.equal(status(), 'active');
  assert.equal(queued.length, 1);
});
