import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  createWalletClient,
  http,
  parseEther,
  parseGwei,
  TransactionReceiptNotFoundError,
  zeroAddress,
  type Hex,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { ChainError } from '../../../backend/features/chain/errors.ts';
import { attemptsOf, pendingOf } from '../../../backend/features/chain/outbox-store.ts';
import { createOutbox } from '../../../backend/features/chain/outbox.ts';
import { startTestChain, type TestChain } from '../../setup/anvil.ts';
import { createTestDatabase, testLogger, type TestDatabase } from '../../setup/postgres.ts';

const TARGET: Hex = `0x${'ab'.repeat(20)}`;

let chain: TestChain;
let postgres: TestDatabase;
let account = privateKeyToAccount(generatePrivateKey());

before(async () => {
  [chain, postgres] = await Promise.all([startTestChain(), createTestDatabase()]);
});
after(async () => {
  await chain.stop();
  await postgres.close();
});
beforeEach(async () => {
  account = privateKeyToAccount(generatePrivateKey());
  await chain.cheat.setBalance({ address: account.address, value: parseEther('1') });
  await chain.cheat.setAutomine(false);
});

const address = () => account.address.toLowerCase() as Hex;

const outboxOf = (
  options: {
    replaceAfterMs?: number;
    maxFeePerGas?: bigint;
    lostAfterMs?: number;
    client?: TestChain['client'];
  } = {},
) =>
  createOutbox({
    account,
    client: options.client ?? chain.client,
    database: postgres.database,
    replaceAfterMs: options.replaceAfterMs ?? 60_000,
    maxFeePerGas: options.maxFeePerGas ?? parseGwei('500'),
    lostAfterMs: options.lostAfterMs ?? 0,
    logger: testLogger,
  });

const call = (reference: string) => ({
  reference: `${account.address}:${reference}`,
  to: TARGET,
  data: '0x01' as Hex,
});

test('a transaction is mined once, however often it is submitted', async () => {
  const outbox = outboxOf();
  const [one, two] = [await outbox.submit(call('once')), await outbox.submit(call('once'))];
  assert.equal(one.id, two.id);
  await chain.cheat.mine({ blocks: 1 });
  await outbox.step();
  assert.equal((await outbox.find(call('once').reference))?.status, 'mined');
  assert.equal((await outbox.submit(call('once'))).id, one.id);
  assert.equal(await chain.client.getTransactionCount({ address: account.address }), 1);
});

test('after a crash between storing and sending, the stored bytes are sent', async () => {
  const silent = { ...chain.client, sendRawTransaction: () => Promise.reject(new Error('killed here')) };
  await assert.rejects(outboxOf({ client: silent }).submit(call('crash')), /killed here/);
  const [stored] = await pendingOf(postgres.database, address());
  assert.ok(stored);
  const [attempt] = await attemptsOf(postgres.database, stored.id);
  assert.equal(attempt?.sent, false);

  const restarted = outboxOf();
  await restarted.step();
  await chain.cheat.mine({ blocks: 1 });
  await restarted.step();
  const mined = await restarted.find(call('crash').reference);
  assert.equal(mined?.status, 'mined');
  assert.equal(mined.minedHash, attempt.hash);
});

test('a send that persisted but reported failure is not sent twice', async () => {
  const lossy = {
    ...chain.client,
    sendRawTransaction: async (parameters: { serializedTransaction: Hex }) => {
      await chain.client.sendRawTransaction(parameters);
      throw new Error('connection lost after the node took it');
    },
  };
  const outbox = outboxOf({ client: lossy });
  await outbox.submit(call('lossy'));
  await chain.cheat.mine({ blocks: 1 });
  await outbox.step();
  assert.equal((await outbox.find(call('lossy').reference))?.status, 'mined');
});

test('a stuck transaction is replaced on the same nonce by one that pays more', async () => {
  const outbox = outboxOf({ replaceAfterMs: 0 });
  const sent = await outbox.submit(call('stuck'));
  await outbox.step();
  const attempts = await attemptsOf(postgres.database, sent.id);
  assert.equal(attempts.length, 2);
  assert.ok(attempts[1]!.maxFeePerGas * 8n > attempts[0]!.maxFeePerGas * 9n);
  assert.ok(attempts[1]!.maxPriorityFeePerGas > attempts[0]!.maxPriorityFeePerGas);
  await chain.cheat.mine({ blocks: 1 });
  await outbox.step();
  const mined = await outbox.find(call('stuck').reference);
  assert.equal(mined?.status, 'mined');
  assert.equal(mined.minedHash, attempts[1]!.hash);
  assert.equal(await chain.client.getTransactionCount({ address: account.address }), 1);
});

test('replacement stops at the highest fee allowed', async () => {
  const fees = await chain.client.estimateFeesPerGas();
  const outbox = outboxOf({ replaceAfterMs: 0, maxFeePerGas: fees.maxFeePerGas });
  await outbox.submit(call('ceiling'));
  await assert.rejects(outbox.step(), (error) => error instanceof ChainError && error.code === 'fee-limit');
});

test('a transaction the node forgot is sent again', async () => {
  const outbox = outboxOf();
  const sent = await outbox.submit(call('dropped'));
  const [attempt] = await attemptsOf(postgres.database, sent.id);
  assert.ok(attempt);
  await chain.cheat.dropTransaction({ hash: attempt.hash });
  await outbox.step();
  await chain.cheat.mine({ blocks: 1 });
  await outbox.step();
  assert.equal((await outbox.find(call('dropped').reference))?.status, 'mined');
});

test('a receipt that a lagging node does not show yet is waited for, although the nonce is spent', async () => {
  let lags = true;
  const lagging = {
    ...chain.client,
    getTransactionReceipt: ({ hash }: { hash: `0x${string}` }) =>
      lags
        ? Promise.reject(new TransactionReceiptNotFoundError({ hash }))
        : chain.client.getTransactionReceipt({ hash }),
  };
  const outbox = outboxOf({ client: lagging, lostAfterMs: 60_000 });
  await outbox.submit(call('lagging'));
  await chain.cheat.mine({ blocks: 1 });
  await outbox.step();
  assert.equal((await outbox.find(call('lagging').reference))?.status, 'pending');
  lags = false;
  await outbox.step();
  assert.equal((await outbox.find(call('lagging').reference))?.status, 'mined');
});

test('a nonce that another program spent is recovered, and the call gets the next one', async () => {
  const outbox = outboxOf();
  const sent = await outbox.submit(call('stolen'));
  const [attempt] = await attemptsOf(postgres.database, sent.id);
  assert.ok(attempt);
  await chain.cheat.dropTransaction({ hash: attempt.hash });
  const wallet = createWalletClient({ account, transport: http(chain.url) });
  await wallet.sendTransaction({ chain: null, to: zeroAddress, nonce: Number(sent.nonce), gas: 21_000n });
  await chain.cheat.mine({ blocks: 1 });
  await outbox.step();
  assert.equal((await outbox.find(call('stolen').reference))?.status, 'lost');
  const again = await outbox.submit(call('stolen'));
  assert.equal(again.nonce, sent.nonce + 1n);
});

test('a reorganisation that undoes a mined transaction brings it back', async () => {
  const outbox = outboxOf();
  const snapshot = await chain.cheat.snapshot();
  const sent = await outbox.submit(call('reorganised'));
  await chain.cheat.mine({ blocks: 1 });
  await outbox.step();
  assert.equal((await outbox.find(call('reorganised').reference))?.status, 'mined');
  await chain.cheat.revert({ id: snapshot });
  await chain.cheat.mine({ blocks: 1 });
  await outbox.step();
  assert.equal((await outbox.find(call('reorganised').reference))?.status, 'pending');
  await chain.cheat.mine({ blocks: 1 });
  await outbox.step();
  const again = await outbox.find(call('reorganised').reference);
  assert.deepEqual([again?.id, again?.status, again?.nonce], [sent.id, 'mined', sent.nonce]);
});

test('two processes that share an account never share a nonce', async () => {
  const [left, right] = [outboxOf(), outboxOf()];
  const sent = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      (index % 2 === 0 ? left : right).submit(call(`parallel ${index}`)),
    ),
  );
  const nonces = sent.map((transaction) => transaction.nonce).sort((a, b) => Number(a - b));
  assert.deepEqual(nonces, [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n]);
});

const isInconsistent = (error: unknown) => error instanceof ChainError && error.code === 'chain-inconsistent';

test('a transaction that a node calls reverted is not made again unless its block says so', async () => {
  const outbox = outboxOf();
  await outbox.submit(call('reverted'));
  await chain.cheat.mine({ blocks: 1 });
  const lying = {
    ...chain.client,
    getTransactionReceipt: async (which: { hash: Hex }) => ({
      ...(await chain.client.getTransactionReceipt(which)),
      status: 'reverted',
    }),
  } as unknown as TestChain['client'];
  await assert.rejects(outboxOf({ client: lying }).step(), isInconsistent);
  assert.equal((await outbox.find(call('reverted').reference))?.status, 'pending');
  await outbox.step();
  assert.equal((await outbox.find(call('reverted').reference))?.status, 'mined');
});

test('a transaction that did revert is known as such', async () => {
  // PUSH0 PUSH0 REVERT
  await chain.cheat.setCode({ address: `0x${'cd'.repeat(20)}`, bytecode: '0x5f5ffd' });
  const blind = { ...chain.client, estimateGas: () => Promise.resolve(60_000n) };
  const outbox = outboxOf({ client: blind });
  await outbox.submit({ ...call('reverts'), to: `0x${'cd'.repeat(20)}` });
  await chain.cheat.mine({ blocks: 1 });
  await outbox.step();
  assert.equal((await outbox.find(call('reverts').reference))?.status, 'reverted');
});

test('a nonce that the state does not have leaves no gap, and loses no transaction', async () => {
  // The balance that was given belongs to no block's state yet.
  await chain.cheat.mine({ blocks: 1 });
  const ahead = {
    ...chain.client,
    getTransactionCount: async (of: { address: Hex }) => (await chain.client.getTransactionCount(of)) + 3,
    getTransactionReceipt: ({ hash }: { hash: Hex }) =>
      Promise.reject(new TransactionReceiptNotFoundError({ hash })),
  } as unknown as TestChain['client'];
  await assert.rejects(outboxOf({ client: ahead }).submit(call('gap')), isInconsistent);
  const { nonce } = await outboxOf().submit(call('gap'));
  assert.equal(nonce, 0n);
  await assert.rejects(outboxOf({ client: ahead }).step(), isInconsistent);
  assert.equal((await outboxOf().find(call('gap').reference))?.status, 'pending');
});

test('a call that writes to one slot more on a new day has gas enough when it was estimated the day before', async () => {
  // sstore(timestamp / 1 day, 1)
  const code: Hex = '0x60014262015180900455';
  const to: Hex = `0x${'cd'.repeat(20)}`;
  await chain.cheat.setCode({ address: to, bytecode: code });
  const outbox = outboxOf();
  for (const [reference, seconds] of [
    ['today', 0],
    ['estimated today', 86_400],
  ] as const) {
    await outbox.submit({ ...call(reference), to });
    await chain.cheat.increaseTime({ seconds });
    await chain.cheat.mine({ blocks: 1 });
    await outbox.step();
    assert.equal((await outbox.find(call(reference).reference))?.status, 'mined');
  }
});
