import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeEntry, digest, domainOf, KINDS, toHex } from '@gridseal/protocol';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';

import { createSearchIndexer } from '../../../backend/features/evidence/search-index.ts';
import { createStatementSearch, type StatementFilter } from '../../../backend/features/evidence/search.ts';
import { createMemoryLog } from '../../setup/memory-log.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';
import { sealChain } from '../../setup/statements.ts';

const domain = domainOf({
  chainId: 31337n,
  evidenceLog: new Uint8Array(20).fill(2),
  logId: new Uint8Array(32).fill(3),
});
const [first, second] = [1, 2].map((byte) => deviceKeyFrom('p256', new Uint8Array(32).fill(byte)));
const firstBatches = sealChain({ key: first!, domain }, 40);
const secondBatches = sealChain({ key: second!, domain }, 40);
const log = createMemoryLog({
  origin: 'gridseal.test/0/0',
  digestOf: (entry) => digest(decodeEntry(entry).authorPart, domain),
});

let postgres: TestDatabase;

const append = async (from: number, to: number) => {
  for (let index = from; index < to; index += 1) {
    log.append(firstBatches[index]!.entry, secondBatches[index]!.entry);
  }
  for (let index = 2 * from; index < 2 * to; index += 1) {
    await postgres.database.execute(
      'INSERT INTO sequenced_block (block, first_index, statements, term) VALUES ($1, $1, 1, 1)',
      [index],
    );
  }
};

before(async () => {
  postgres = await createTestDatabase();
  await append(0, 40);
  const indexer = createSearchIndexer(postgres.database, log);
  while ((await indexer.step()) === 'more');
});
after(() => postgres.close());

const find = (filter: Partial<StatementFilter>) =>
  createStatementSearch(postgres.database, log, domain)({ cursor: 0n, limit: 1_000, ...filter });

test('a device finds its own statements, in log order', async () => {
  const { statements, next } = await find({ author: toHex(first!.firstIdentity) });
  assert.equal(next, undefined);
  assert.deepEqual(
    statements.map((found) => toHex(found.digest)),
    firstBatches.map((batch) => toHex(batch.digest)),
  );
});

test('pages follow each other without gap or overlap', async () => {
  const seen: bigint[] = [];
  let cursor: bigint | undefined = 0n;
  while (cursor !== undefined) {
    const page = await find({ author: toHex(second!.firstIdentity), cursor, limit: 7 });
    seen.push(...page.statements.map((found) => found.index));
    cursor = page.next;
  }
  assert.deepEqual(
    seen,
    secondBatches.map((_, index) => BigInt(2 * index + 1)),
  );
});

test('times bound what is found, to the millisecond', async () => {
  const { timeMs } = decodeEntry(firstBatches[10]!.entry).authorPart.header;
  const exact = await find({ author: toHex(first!.firstIdentity), fromMs: timeMs, toMs: timeMs });
  assert.deepEqual(
    exact.statements.map((found) => found.index),
    [20n],
  );
  const none = await find({ author: toHex(first!.firstIdentity), fromMs: timeMs + 1n, toMs: timeMs + 2n });
  assert.deepEqual(none, { statements: [], next: undefined });
});

test('a kind is found across authors, and one that nobody stated is not', async () => {
  assert.equal((await find({ typeHash: toHex(KINDS.TelemetryBatch.typeHash) })).statements.length, 80);
  assert.equal((await find({ typeHash: toHex(KINDS.Gap.typeHash) })).statements.length, 0);
});

test('without a filter everything is found once', async () => {
  const { statements } = await find({});
  assert.deepEqual(
    statements.map((found) => found.index),
    Array.from({ length: 80 }, (_, index) => BigInt(index)),
  );
});
