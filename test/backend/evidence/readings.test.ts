import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBlock, domainOf, verifyDisclosure } from '@gridseal/protocol';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';

import { createBatchKeys } from '../../../backend/adapters/keys/batch-keys.ts';
import type { PeriodKeyStore } from '../../../backend/adapters/keys/period-keys.ts';
import { rawBlock } from '../../../backend/content/blocks.ts';
import { EvidenceError, type EvidenceErrorCode } from '../../../backend/features/evidence/errors.ts';
import { createBatchOpener, discloseReadings } from '../../../backend/features/evidence/readings.ts';
import { createMemoryStore } from '../../setup/memory-store.ts';
import { sealBatch, TEST_PERIOD } from '../../setup/statements.ts';

const domain = domainOf({
  chainId: 31337n,
  evidenceLog: new Uint8Array(20).fill(2),
  logId: new Uint8Array(32).fill(3),
});
const key = deviceKeyFrom('secp256k1', new Uint8Array(32).fill(1));
const batch = sealBatch({ key, domain, sequence: 0n });
const entry = { index: 0n, block: 0n, position: 0, bytes: batch.entry };

const openerOf = (parts: {
  pending?: Uint8Array;
  stored?: Uint8Array;
  find?: (period: string) => Promise<Uint8Array | undefined>;
  rewrapped?: PeriodKeyStore['rewrapped'];
  erased?: boolean;
}) => {
  const store = createMemoryStore();
  if (parts.stored !== undefined) store.blocks.set(rawBlock(batch.payload).cid.toString(), parts.stored);
  return createBatchOpener({
    source: { payloadOf: async () => parts.pending },
    store,
    batchKeys: createBatchKeys({
      find: parts.find ?? (async (period) => (period === TEST_PERIOD.period ? TEST_PERIOD.key : undefined)),
      rewrapped: parts.rewrapped ?? (async () => undefined),
    }),
    isErased: async () => parts.erased ?? false,
  });
};

const refuses = (work: Promise<unknown>, code: EvidenceErrorCode) =>
  assert.rejects(work, (error) => error instanceof EvidenceError && error.code === code);

test('a batch opens from PostgreSQL before it moved, and from the content store afterwards', async () => {
  for (const parts of [{ pending: batch.payload }, { stored: batch.payload }]) {
    const { readings } = await openerOf(parts).open(batch.digest, entry);
    assert.deepEqual(readings, batch.readings);
  }
});

test('a payload without its key stays closed, and one that is nowhere is missing', async () => {
  const closed = openerOf({ stored: batch.payload, find: async () => undefined });
  await refuses(closed.open(batch.digest, entry), 'payload-closed');
  await refuses(openerOf({}).open(batch.digest, entry), 'payload-missing');
});

test('another period key, another batch: nothing opens that the log did not commit to', async () => {
  const wrongKey = openerOf({ stored: batch.payload, find: async () => new Uint8Array(32) });
  await refuses(wrongKey.open(batch.digest, entry), 'payload-corrupt');
  const damaged = Uint8Array.from(batch.payload);
  damaged[damaged.length - 1]! ^= 1;
  await assert.rejects(openerOf({ stored: damaged }).open(batch.digest, entry), { code: 'block-corrupt' });
});

test('chosen readings open alone, each under the signed root', async () => {
  const opened = await openerOf({ stored: batch.payload }).open(batch.digest, entry);
  const { timeMs } = batch.readings[2]!;
  const [only, ...rest] = discloseReadings(opened, { channels: [1], fromMs: timeMs, toMs: timeMs });
  assert.equal(rest.length, 0);
  assert.ok(only);
  assert.deepEqual(decodeBlock(only.block).reading, batch.readings[2]);
  const { root, count } = opened.commitment;
  verifyDisclosure({ root, count, disclosure: only });
});

test('a selection of nothing, or beyond the batch, is refused', async () => {
  const opened = await openerOf({ stored: batch.payload }).open(batch.digest, entry);
  for (const selection of [{ indices: [5] }, { channels: [2] }, { fromMs: 2n ** 62n }]) {
    assert.throws(
      () => discloseReadings(opened, selection),
      (error) => error instanceof EvidenceError && error.code === 'nothing-selected',
    );
  }
});

test('a batch whose erasure was asked for is not opened, whatever keys there are', async () => {
  await refuses(
    openerOf({ pending: batch.payload, erased: true }).open(batch.digest, entry),
    'payload-erased',
  );
});
