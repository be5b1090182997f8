import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';
import { toHex, type Hex } from '@gridseal/protocol';
import { RpcRequestError } from 'viem';
import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';

import { cborCid } from '../../../backend/content/blocks.ts';
import { decodeManifest } from '../../../backend/features/anchor/manifest.ts';
import { attemptsOf } from '../../../backend/features/chain/outbox-store.ts';
import type { ChainBinding } from '../../../backend/features/chain/types.ts';
import type { ContentStore } from '../../../backend/features/payloads/types.ts';
import { createAnchoring, createTestLog } from '../../setup/anchoring.ts';
import { startTestChain, type TestChain } from '../../setup/anvil.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';
import { sealChain } from '../../setup/statements.ts';

const REGISTRY: Hex = `0x${'77'.repeat(20)}`;
const key = deviceKeyFrom('secp256k1', new Uint8Array(32).fill(1));

let chain: TestChain;
let postgres: TestDatabase;
let binding: ChainBinding;

before(async () => {
  chain = await startTestChain();
});
after(() => chain.stop());
beforeEach(async (t) => {
  postgres = await createTestDatabase();
  if ('after' in t) t.after(() => postgres.close());
  await chain.cheat.setAutomine(false);
  binding = await createTestLog(chain, REGISTRY);
});

type Anchoring = ReturnType<typeof createAnchoring>;

const fill = (anchoring: Anchoring, count = 5) => {
  const batches = sealChain({ key, domain: anchoring.domain }, count);
  return anchoring.log.append(...batches.map((batch) => batch.entry));
};

const mine = () => chain.cheat.mine({ blocks: 1 });

const chainHead = () =>
  chain.client.readContract({
    address: binding.evidenceLog,
    abi: evidenceLogAbi,
    functionName: 'head',
    args: [binding.logId],
  });

const statuses = async (anchoring: Anchoring) =>
  (await anchoring.store.list(undefined, 10)).map((anchor) => [anchor.size, anchor.status]);

test('a published checkpoint is pinned, anchored, confirmed and archived', async () => {
  const anchoring = createAnchoring(chain, postgres, binding);
  const head = fill(anchoring);
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [[5n, 'submitted']]);
  await mine();
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [[5n, 'archived']]);
  assert.equal((await chainHead()).size, 5n);
  const event = await anchoring.store.event(0n, 5n);
  assert.equal(event?.root, toHex(head.root));
  const evidence = await anchoring.archive.evidenceFor(4n);
  assert.equal(evidence?.checkpoint, head.checkpoint);
  assert.ok(await anchoring.archive.keyRecord(evidence.anchorId, toHex(key.firstIdentity), toHex(key.keyId)));
});

test('the manifest on chain leads to every entry, and back to the manifest before', async () => {
  const anchoring = createAnchoring(chain, postgres, binding);
  const first = sealChain({ key, domain: anchoring.domain }, 3);
  anchoring.log.append(...first.slice(0, 2).map((batch) => batch.entry));
  await anchoring.settle();
  await mine();
  await anchoring.settle();
  anchoring.log.append(...first.slice(2).map((batch) => batch.entry));
  await anchoring.settle();
  await mine();
  await anchoring.settle();
  const event = await anchoring.store.event(0n, 3n);
  assert.ok(event);
  const read = async (sha256: Hex) =>
    decodeManifest(
      (await anchoring.content.get(cborCid(Buffer.from(sha256.slice(2), 'hex')))) ?? new Uint8Array(),
    );
  const manifest = await read(event.manifest);
  assert.deepEqual([manifest.size, manifest.from, manifest.epoch], [3n, 2n, 0n]);
  const previous = decodeManifest((await anchoring.content.get(manifest.previous!)) ?? new Uint8Array());
  assert.deepEqual([previous.size, previous.from, previous.previous], [2n, 0n, null]);
});

test('nothing is anchored while there is nothing new', async () => {
  const anchoring = createAnchoring(chain, postgres, binding);
  assert.equal(await anchoring.worker.step(), 'idle');
  fill(anchoring);
  await anchoring.settle();
  await mine();
  await anchoring.settle();
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [[5n, 'archived']]);
});

test('between anchors the interval or the number of entries decides', async () => {
  const policy = { intervalMs: 3_600_000, maxEntries: 3 };
  const anchoring = createAnchoring(chain, postgres, binding, { policy });
  const batches = sealChain({ key, domain: anchoring.domain }, 6).map((batch) => batch.entry);
  anchoring.log.append(...batches.slice(0, 1));
  await anchoring.settle();
  await mine();
  await anchoring.settle();
  anchoring.log.append(...batches.slice(1, 3));
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [[1n, 'archived']]);
  anchoring.log.append(...batches.slice(3, 4));
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [
    [4n, 'submitted'],
    [1n, 'archived'],
  ]);
});

test('a process that does not hold the lease anchors nothing', async () => {
  const anchoring = createAnchoring(chain, postgres, binding, { holdsLease: false });
  fill(anchoring);
  assert.equal(await anchoring.worker.step(), 'idle');
  assert.deepEqual(await statuses(anchoring), []);
});

test('killed after any step, a new process finishes the same anchor with one transaction', async () => {
  const first = createAnchoring(chain, postgres, binding);
  fill(first);
  for (;;) {
    const next = createAnchoring(chain, postgres, binding, { log: first.log, content: first.content });
    if ((await next.worker.step()) === 'idle') {
      if ((await statuses(next))[0]?.[1] === 'archived') break;
      await mine();
    }
  }
  const events = await chain.client.getContractEvents({
    address: binding.evidenceLog,
    abi: evidenceLogAbi,
    eventName: 'Anchored',
    fromBlock: 0n,
  });
  assert.equal(events.length, 1);
});

test('a crash between storing and sending the transaction sends the stored one', async () => {
  const dying = {
    ...chain.client,
    sendRawTransaction: () => Promise.reject(new Error('killed here')),
  } as TestChain['client'];
  const before_ = createAnchoring(chain, postgres, binding, { client: dying });
  fill(before_);
  await assert.rejects(before_.settle(), /killed here/);
  const stored = await before_.outbox.find('anchor:0:5:0');
  assert.ok(stored);
  const [attempt] = await attemptsOf(postgres.database, stored.id);
  const restarted = createAnchoring(chain, postgres, binding, { log: before_.log, content: before_.content });
  await restarted.settle();
  await mine();
  await restarted.settle();
  assert.equal((await restarted.store.event(0n, 5n))?.transactionHash, attempt?.hash);
});

test('a stuck anchor is replaced on its nonce', async () => {
  const anchoring = createAnchoring(chain, postgres, binding, { replaceAfterMs: 0 });
  fill(anchoring);
  await anchoring.settle();
  const stored = await anchoring.outbox.find('anchor:0:5:0');
  assert.ok(stored);
  assert.ok((await attemptsOf(postgres.database, stored.id)).length > 1);
  await mine();
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [[5n, 'archived']]);
});

test('an anchor that a reorganisation undid lands again, and its evidence is the new block', async () => {
  const anchoring = createAnchoring(chain, postgres, binding);
  const snapshot = await chain.cheat.snapshot();
  fill(anchoring);
  await anchoring.settle();
  await mine();
  await anchoring.settle();
  const undone = await anchoring.archive.evidenceFor(0n);
  assert.ok(undone);
  await chain.cheat.revert({ id: snapshot });
  await chain.cheat.mine({ blocks: 3 });
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [[5n, 'submitted']]);
  assert.equal(await anchoring.archive.evidenceFor(0n), undefined);
  await mine();
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [[5n, 'archived']]);
  const again = await anchoring.archive.evidenceFor(0n);
  assert.notEqual(again?.blockHash, undone.blockHash);
});

test('a checkpoint that the chain already holds needs no transaction of ours', async () => {
  const anchoring = createAnchoring(chain, postgres, binding);
  fill(anchoring);
  await anchoring.settle();
  await mine();
  await postgres.database.execute(
    'TRUNCATE anchor, anchor_evidence, anchor_key_record, outbox_transaction, outbox_attempt',
  );
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [[5n, 'archived']]);
  assert.equal(await anchoring.outbox.find('anchor:0:5:0'), undefined);
});

test('a manifest that the content store does not give back is never anchored', async () => {
  const anchoring = createAnchoring(chain, postgres, binding);
  const losing: ContentStore = {
    ...anchoring.content,
    get: async () => undefined,
    getAll: async (cids) => cids.map(() => undefined),
  };
  const unlucky = createAnchoring(chain, postgres, binding, { log: anchoring.log, content: losing });
  fill(anchoring);
  await assert.rejects(unlucky.settle(), { name: 'BlockError' });
  assert.deepEqual(await statuses(unlucky), [[5n, 'chosen']]);
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [[5n, 'submitted']]);
});

test('an anchor whose block no node can prove holds up no other, and the next one covers its entries', async () => {
  const pruned = { block: -1n };
  const forgetful = {
    ...chain.client,
    request: (call: { method: string; params: unknown[] }) =>
      call.method === 'eth_getProof' && BigInt(String(call.params[2])) === pruned.block
        ? Promise.reject(
            new RpcRequestError({ body: {}, error: { code: -32000, message: 'pruned' }, url: '' }),
          )
        : chain.client.request(call as never),
  } as TestChain['client'];
  const anchoring = createAnchoring(chain, postgres, binding, { client: forgetful });
  fill(anchoring);
  await anchoring.settle();
  pruned.block = (await chain.client.getBlockNumber()) + 1n;
  await mine();
  await assert.rejects(anchoring.settle(), { name: 'ArchiveError' });
  assert.deepEqual(await statuses(anchoring), [[5n, 'confirmed']]);
  fill(anchoring);
  await anchoring.settle().catch(() => undefined);
  await mine();
  await anchoring.settle();
  assert.deepEqual(await statuses(anchoring), [
    [10n, 'archived'],
    [5n, 'unprovable'],
  ]);
  assert.equal((await anchoring.archive.evidenceFor(0n))?.size, 10n);
});
