import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { decodeEntry, digest, fromHex, hashLeaf, toHex, verifyInclusion, type Hex } from '@gridseal/protocol';
import { anchorPromiseAbi, anchorPromiseBytecode } from '@gridseal/sdk/abi/anchor-promise';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';
import { createWalletClient, http } from 'viem';

import { findPromiseAnswer } from '../../../backend/features/promise/covering-anchor.ts';
import type { OpenChallenge } from '../../../backend/features/promise/types.ts';
import { createAnchoring, createTestLog, TEST_ACCOUNTS } from '../../setup/anchoring.ts';
import { startTestChain, type TestChain } from '../../setup/anvil.ts';
import { createMemoryLog, type MemoryLog } from '../../setup/memory-log.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';
import { sealChain } from '../../setup/statements.ts';

const REGISTRY: Hex = `0x${'77'.repeat(20)}`;
const FINALITY = 3n;
const key = deviceKeyFrom('secp256k1', new Uint8Array(32).fill(1));

describe('the anchor that answers a challenge', () => {
  let chain: TestChain;
  let postgres: TestDatabase;
  let anchoring: ReturnType<typeof createAnchoring>;
  let anchorPromise: Hex;
  let batches: ReturnType<typeof sealChain>;
  /** Of the third batch, with a deadline far away. */
  let challenge: OpenChallenge;

  const mine = async (blocks = 1): Promise<void> => {
    await chain.cheat.mine({ blocks });
    await anchoring.settle();
  };
  const append = (from: number, to: number) =>
    anchoring.log.append(...batches.slice(from, to).map(({ entry }) => entry));
  const anchor = async (from: number, to: number): Promise<void> => {
    append(from, to);
    await anchoring.settle();
    await mine();
  };
  const find = (changes: Partial<OpenChallenge> = {}, log: MemoryLog = anchoring.log) => {
    const { binding, directory, store: anchors } = anchoring;
    const { client } = chain;
    return findPromiseAnswer(
      { ...challenge, ...changes },
      { client, binding, anchorPromise, directory, anchors, log },
    );
  };

  before(async () => {
    chain = await startTestChain();
  });
  after(() => chain.stop());
  beforeEach(async (t) => {
    postgres = await createTestDatabase();
    if ('after' in t) t.after(() => postgres.close());
    await chain.cheat.setAutomine(false);
    const binding = await createTestLog(chain, REGISTRY);
    const wallet = createWalletClient({ account: TEST_ACCOUNTS.owner, transport: http(chain.url) });
    const hash = await wallet.deployContract({
      abi: anchorPromiseAbi,
      bytecode: anchorPromiseBytecode,
      chain: null,
    });
    await chain.cheat.mine({ blocks: 1 });
    anchorPromise = (await chain.client.getTransactionReceipt({ hash })).contractAddress!;
    anchoring = createAnchoring(chain, postgres, { ...binding, finalityDepth: FINALITY });
    batches = sealChain({ key, domain: anchoring.domain }, 6);
    const promised = batches[2]!;
    challenge = {
      receiptDigest: `0x${'01'.repeat(32)}`,
      digest: toHex(promised.digest),
      entryHash: toHex(hashLeaf(promised.entry)),
      deadline: 2n ** 40n,
      answerBy: 2n ** 41n,
    };
  });

  it('is the oldest that covers the entry, with its inclusion path and place in the ring', async () => {
    await anchor(0, 2);
    await anchor(2, 4);
    await anchor(4, 6);
    await mine(Number(FINALITY));
    const answer = await find();
    assert.ok(typeof answer === 'object');
    const { state, index, path, position } = answer;
    assert.deepEqual([state.size, index, position], [4n, 2n, 1]);
    const leafHash = fromHex(challenge.entryHash);
    verifyInclusion({
      index,
      size: 4n,
      leafHash,
      path: path.map((hash) => fromHex(hash)),
      root: fromHex(state.root),
    });
  });

  it('waits until no reorganisation takes it back', async () => {
    await anchor(0, 4);
    for (let above = 0n; above < FINALITY; above += 1n) {
      assert.equal(await find(), 'not-final', `${above} blocks above it`);
      await mine();
    }
    assert.equal(typeof (await find()), 'object');
  });

  it('was there in time', async () => {
    await anchor(0, 4);
    await mine(Number(FINALITY));
    const { blockTime } = (await anchoring.store.newestEvent(0n))!;
    assert.equal(await find({ deadline: blockTime - 1n }), undefined);
    assert.equal(typeof (await find({ deadline: blockTime })), 'object');
  });

  it('is of the entry that was promised', async () => {
    await anchor(0, 4);
    await mine(Number(FINALITY));
    assert.equal(await find({ entryHash: toHex(hashLeaf(batches[1]!.entry)) }), undefined);
    assert.equal(await find({ digest: toHex(batches[5]!.digest) }), undefined);
  });

  it('is not one of another log, as an epoch that was given up may have left', async () => {
    await anchor(0, 4);
    await mine(Number(FINALITY));
    // The promised entry is at its place; what follows is missing, and then another one.
    const log = createMemoryLog({
      origin: 'gridseal.test/other',
      digestOf: (entry) => digest(decodeEntry(entry).authorPart, anchoring.domain),
    });
    for (const others of [[0, 1, 2], [5]]) {
      log.append(...others.map((index) => batches[index]!.entry));
      assert.equal(await find({}, log), undefined);
    }
  });

  it('is one that the contracts know', async () => {
    await anchor(0, 4);
    await mine(Number(FINALITY));
    // The chain is another one, and the follower has not seen it yet.
    await chain.cheat.request({ method: 'anvil_reorg', params: [Number(FINALITY) + 1, []] } as never);
    assert.equal(await find(), undefined);
  });
});
