import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';
import { domainOf } from '@gridseal/protocol';
import { CID } from 'multiformats/cid';

import { BlockError, readVerified } from '../../../backend/content/dag.ts';
import { createPayloadMover } from '../../../backend/features/payloads/mover.ts';
import { createPostgresPayloadSource } from '../../../backend/features/payloads/postgres-source.ts';
import { createSegments } from '../../../backend/features/payloads/segments.ts';
import type { ContentStore } from '../../../backend/features/payloads/types.ts';
import { createMemoryStore } from '../../setup/memory-store.ts';
import { createTestDatabase, testLogger, type TestDatabase } from '../../setup/postgres.ts';
import { sealChain, type SealedBatch } from '../../setup/statements.ts';

const key = deviceKeyFrom('secp256k1', new Uint8Array(32).fill(1));
const domain = domainOf({
  chainId: 31337n,
  evidenceLog: new Uint8Array(20).fill(2),
  logId: new Uint8Array(32).fill(3),
});
const batches = sealChain({ key, domain }, 10);

let postgres: TestDatabase;

before(async () => {
  postgres = await createTestDatabase();
});
after(() => postgres.close());
beforeEach(async () => {
  await postgres.database.execute(
    'TRUNCATE segment, statement_block, payload_block, sequenced_block, statement, pending_block',
  );
});

/** One flush as ingest writes it, at an index of the log. */
const flush = async (block: bigint, firstIndex: bigint, flushed: readonly SealedBatch[]) => {
  const { database } = postgres;
  const ends = (parts: readonly Uint8Array[]) => {
    let end = 0;
    return parts.map((part) => (end += part.length));
  };
  const entries = flushed.map((batch) => batch.entry);
  const payloads = flushed.map((batch) => batch.payload);
  await database.query('SELECT ensure_block_partitions($1)', [block]);
  await database.execute(
    `INSERT INTO statement_block (id, receipt_time_ms, deadline, entry_ends, entries, digests)
     VALUES ($1, 0, 0, $2, $3, $4)`,
    [block, ends(entries), Buffer.concat(entries), Buffer.concat(flushed.map((batch) => batch.digest))],
  );
  await database.execute('INSERT INTO payload_block (id, payload_ends, payloads) VALUES ($1, $2, $3)', [
    block,
    ends(payloads),
    Buffer.concat(payloads),
  ]);
  await database.execute(
    'INSERT INTO sequenced_block (block, first_index, statements, term) VALUES ($1, $2, $3, 1)',
    [block, firstIndex, flushed.length],
  );
};

const parts = (store: ContentStore) => {
  const segments = createSegments(postgres.database);
  const source = createPostgresPayloadSource(postgres.database, { place: async () => undefined });
  const publishedSize = async () => 10n;
  return {
    segments,
    source,
    mover: createPayloadMover({ source, store, segments, publishedSize, logger: testLogger }),
  };
};

test('payloads move into one verified segment and stay readable by CID', async () => {
  await flush(1n, 0n, batches.slice(0, 4));
  await flush(2n, 4n, batches.slice(4));
  const store = createMemoryStore();
  const { mover, segments } = parts(store);
  await mover.moveBelow(10n);
  const [segment] = await segments.list(0n, 10);
  assert.deepEqual([segment?.fromIndex, segment?.toIndex, segment?.payloadCount], [0n, 10n, 10]);
  assert.ok(store.pins.has(String(segment?.root)));
  for (const batch of batches) {
    const stored = [...store.blocks.values()].find((bytes) => Buffer.from(bytes).equals(batch.payload));
    assert.ok(stored);
  }
  await mover.moveBelow(10n);
  assert.equal((await segments.list(0n, 10)).length, 1);
});

test('two who ask at once move everything once', async () => {
  await flush(1n, 0n, batches);
  const { mover, segments } = parts(createMemoryStore());
  await Promise.all([mover.moveBelow(10n), mover.moveBelow(4n), mover.moveBelow(10n)]);
  assert.deepEqual(
    (await segments.list(0n, 10)).map((segment) => [segment.fromIndex, segment.toIndex]),
    [[0n, 10n]],
  );
});

test('a segment may begin and end inside a flush', async () => {
  await flush(1n, 0n, batches);
  const { mover, segments } = parts(createMemoryStore());
  await mover.moveBelow(3n);
  await mover.moveBelow(10n);
  const counts = (await segments.list(0n, 10)).map((segment) => segment.payloadCount);
  assert.deepEqual(counts, [3, 7]);
});

test('a store that loses a block records no segment and keeps PostgreSQL as it was', async () => {
  await flush(1n, 0n, batches);
  const store = createMemoryStore();
  const lost: ContentStore = {
    ...store,
    importBlocks: async (root, blocks) => {
      await store.importBlocks(root, blocks);
      const payload = [...store.blocks.keys()].find((name) => CID.parse(name).code === 0x55);
      store.blocks.delete(payload ?? '');
    },
  };
  const { mover, segments } = parts(lost);
  await assert.rejects(
    mover.moveBelow(10n),
    (error) => error instanceof BlockError && error.code === 'block-missing',
  );
  assert.equal(await segments.storedBelow(), 0n);
  const [held] = await postgres.database.query<{ count: bigint }>(
    'SELECT count(*) AS count FROM payload_block',
  );
  assert.equal(held?.count, 1n);
});

test('a store that fails once is asked again, and the segment is the same', async () => {
  await flush(1n, 0n, batches);
  const store = createMemoryStore();
  let failures = 1;
  const flaky: ContentStore = {
    ...store,
    importBlocks: async (root, blocks) => {
      await store.importBlocks(root, blocks);
      if (failures > 0) {
        failures -= 1;
        throw new Error('persisted, but reported failure');
      }
    },
  };
  const { mover, segments } = parts(flaky);
  await assert.rejects(mover.moveBelow(10n), /persisted/);
  const imported = store.blocks.size;
  await mover.moveBelow(10n);
  assert.equal(store.blocks.size, imported);
  assert.equal((await segments.list(0n, 10)).length, 1);
});

test('partitions are emptied once all they hold is stored, and not before', async () => {
  const width = 16_384n;
  await flush(1n, 0n, batches.slice(0, 5));
  await flush(width + 1n, 5n, batches.slice(5));
  await flush(2n * width + 1n, 10n, batches.slice(0, 1));
  const { source } = parts(createMemoryStore());
  const held = async () =>
    (await postgres.database.query<{ id: bigint }>('SELECT id FROM payload_block ORDER BY id')).map(
      (row) => row.id,
    );
  await source.release(7n);
  assert.deepEqual(await held(), [width + 1n, 2n * width + 1n]);
  await source.release(10n);
  assert.deepEqual(await held(), [2n * width + 1n]);
});

test('a payload that is not sequenced keeps its partition', async () => {
  const width = 16_384n;
  await flush(1n, 0n, batches.slice(0, 5));
  await flush(width + 1n, 5n, batches.slice(5));
  await postgres.database.execute('DELETE FROM sequenced_block WHERE block = 1');
  const { source } = parts(createMemoryStore());
  await source.release(1_000n);
  const [row] = await postgres.database.query<{ held: boolean }>(
    'SELECT EXISTS (SELECT 1 FROM payload_block WHERE id = 1) AS held',
  );
  assert.equal(row?.held, true);
});

test('the mover waits for a full segment, the anchor does not', async () => {
  await flush(1n, 0n, batches);
  const { mover, segments } = parts(createMemoryStore());
  assert.equal(await mover.step(), 'idle');
  await mover.moveBelow(10n);
  assert.equal(await segments.storedBelow(), 10n);
});

test('what a damaged store returns is refused', async () => {
  const store = createMemoryStore();
  const { mover, segments } = parts(store);
  await flush(1n, 0n, batches);
  await mover.moveBelow(10n);
  const [segment] = await segments.list(0n, 1);
  assert.ok(segment);
  store.blocks.set(segment.root.toString(), Uint8Array.of(0));
  await assert.rejects(
    readVerified(store.get, segment.root),
    (error) => error instanceof BlockError && error.code === 'block-corrupt',
  );
});
