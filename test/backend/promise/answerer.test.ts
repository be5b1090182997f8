import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Hex } from '@gridseal/protocol';
import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import type { PromiseAnswer } from '@gridseal/sdk/promise/actions';
import { decodeFunctionData } from 'viem';

import type { OutboxCall } from '../../../backend/features/chain/outbox.ts';
import type { OutboxTransaction } from '../../../backend/features/chain/outbox-store.ts';
import { createPromiseAnswerer } from '../../../backend/features/promise/answerer.ts';
import { createChallengeStore } from '../../../backend/features/promise/challenge-store.ts';
import { createTestDatabase, testLogger, type TestDatabase } from '../../setup/postgres.ts';

const CONTRACT: Hex = `0x${'f6'.repeat(20)}`;
const ANSWER: PromiseAnswer = {
  state: { epoch: 0, size: 9n, root: `0x${'ab'.repeat(32)}`, time: 900n, blockNumber: 7n },
  position: 3,
  index: 5n,
  path: [`0x${'cd'.repeat(32)}`],
};
const receipt = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;

describe('challenges are answered', () => {
  let postgres: TestDatabase;
  /** What was paid for, and how each reference stands. */
  let sent: OutboxCall[];
  let standing: Map<string, OutboxTransaction['status']>;

  before(async () => {
    postgres = await createTestDatabase();
  });
  after(() => postgres.close());
  beforeEach(async () => {
    sent = [];
    standing = new Map();
    await postgres.database.execute('TRUNCATE promise_challenge, outbox_transaction, outbox_attempt');
  });

  const challenge = (n: number, answerBy = 2_000n) =>
    postgres.database.execute(
      `INSERT INTO promise_challenge (receipt_digest, digest, entry_hash, deadline, answer_by, block_number)
       VALUES (decode($1, 'hex'), decode($1, 'hex'), decode($1, 'hex'), 1000, $2, 1)`,
      [receipt(n).slice(2), answerBy],
    );
  const answerer = (options: Partial<Parameters<typeof createPromiseAnswerer>[0]> = {}) => {
    const rowOf = (call: OutboxCall, status: OutboxTransaction['status']): OutboxTransaction => ({
      ...call,
      id: 1n,
      nonce: 0n,
      gas: 0n,
      status,
      minedHash: undefined,
    });
    return createPromiseAnswerer({
      anchorPromise: CONTRACT,
      challenges: createChallengeStore(postgres.database),
      directory: { head: () => ({ number: 1n, hash: receipt(1), time: 1_500n }) },
      answerTo: async () => ANSWER,
      outbox: {
        find: async (reference) => {
          const status = standing.get(reference);
          return status && rowOf({ reference, to: CONTRACT, data: '0x' }, status);
        },
        submit: async (call) => {
          sent.push(call);
          standing.set(call.reference, 'pending');
          await postgres.database.execute(
            `INSERT INTO outbox_transaction (account, reference, nonce, destination, calldata, gas_limit)
             VALUES (decode(repeat('00', 20), 'hex'), $1, $2, decode(repeat('00', 20), 'hex'), '', 0)`,
            [call.reference, sent.length],
          );
          return rowOf(call, 'pending');
        },
      },
      holdsLease: async () => true,
      lookAgainMs: 60_000,
      logger: testLogger,
      ...options,
    });
  };
  const answered = () => sent.map(({ reference }) => reference.replace('answer:', ''));

  it('once, the most urgent first, and none that is not heard any more', async () => {
    await challenge(1, 1_900n);
    await challenge(2, 1_600n);
    await challenge(3, 1_499n);
    const { step } = answerer();
    await step();
    await step();
    assert.deepEqual(answered(), [receipt(2), receipt(1)]);
    const { functionName, args } = decodeFunctionData({ abi: anchorPromiseAbi, data: sent[0]?.data ?? '0x' });
    assert.equal(functionName, 'answer');
    const { state, position, index, path } = ANSWER;
    const { size, root } = state;
    assert.deepEqual(args, [receipt(2), { state, position, size, root, consistency: [], index, path }]);
  });

  it('by the one process that sends transactions', async () => {
    await challenge(1);
    await answerer({ holdsLease: async () => false }).step();
    assert.deepEqual(answered(), []);
  });

  it('again when another transaction took the nonce', async () => {
    await challenge(1);
    standing.set(`answer:${receipt(1)}`, 'lost');
    await answerer().step();
    assert.deepEqual(answered(), [receipt(1)]);
  });

  it('again, but not at once and not for ever, when the chain refused it', async () => {
    await challenge(1);
    const later = answerer();
    const now = answerer({ lookAgainMs: 0 });
    const refuse = () => standing.set(`answer:${receipt(1)}`, 'reverted');
    await later.step();
    refuse();
    await later.step();
    await later.step();
    assert.equal(sent.length, 1);
    for (let times = 0; times < 10; times += 1) {
      await now.step();
      refuse();
    }
    assert.equal(sent.length, 3);
  });

  it('not where nothing keeps the promise', async () => {
    await challenge(1);
    let looked = 0;
    const { step } = answerer({ answerTo: async () => void (looked += 1) });
    await step();
    await step();
    assert.deepEqual([answered(), looked], [[], 1]);
  });

  it('as soon as the anchor is final, and not before', async () => {
    await challenge(1);
    let finding: PromiseAnswer | 'not-final' = 'not-final';
    const { step } = answerer({ answerTo: async () => finding });
    await step();
    assert.deepEqual(answered(), []);
    finding = ANSWER;
    await step();
    assert.deepEqual(answered(), [receipt(1)]);
  });

  it('although another one fails', async () => {
    await challenge(1, 1_600n);
    await challenge(2, 1_700n);
    const broken = new Error('the node does not answer');
    const { step } = answerer({
      answerTo: async ({ receiptDigest }) => {
        if (receiptDigest === receipt(1)) throw broken;
        return ANSWER;
      },
    });
    await assert.rejects(step(), broken);
    assert.deepEqual(answered(), [receipt(2)]);
  });

  it('up to what a day may cost', async () => {
    for (let n = 1; n <= 3; n += 1) await challenge(n);
    await answerer({ mostADay: 2 }).step();
    assert.deepEqual(answered(), [receipt(1), receipt(2)]);
    await postgres.database.execute(`UPDATE outbox_transaction SET created_at = now() - interval '25 hours'`);
    await answerer({ mostADay: 2 }).step();
    assert.deepEqual(answered(), [receipt(1), receipt(2), receipt(3)]);
  });
});
