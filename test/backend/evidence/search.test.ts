import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeEntry, digest, domainOf, KINDS, toHex } from '@gridseal/protocol';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';

import { createSearchIndexer } from '../../../backend/features/evidence/search-index.ts';
import { createStatementSearch, type StatementFilter } from '../../../backend/features/evidence/search.ts';
import { evidenceRoutes } from '../../../backend/features/evidence/routes.ts';
import type { LogReader } from '../../../backend/features/log/types.ts';
import { serveRoutes } from '../../setup/http.ts';
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

/** The routes over a log whose reads are counted, and held until they are let go. */
const serveSearch = async (reader: Pick<LogReader, 'entries'>) =>
  serveRoutes(
    evidenceRoutes({
      bundles: { build: async () => new Uint8Array() },
      search: createStatementSearch(postgres.database, { ...log, ...reader }, domain),
      opener: { open: async () => assert.fail('nothing is opened') },
      log,
    }),
  );

test('no block is read of an author for a kind that none of them holds [E10]', async (t) => {
  let reads = 0;
  const server = await serveSearch({
    entries: (from, to) => {
      reads += 1;
      return log.entries(from, to);
    },
  });
  t.after(server.close);
  const query = `author=${toHex(first!.firstIdentity)}&kind=Gap`;
  const found = await (await fetch(`${server.url}/v1/statements?${query}`)).json();
  assert.deepEqual([found, reads], [{ statements: [], next: null }, 0]);
});

test('a search ends when its client closes the connection [E10]', async () => {
  let reads = 0;
  const entered = Promise.withResolvers<undefined>();
  const left = Promise.withResolvers<undefined>();
  const server = await serveSearch({
    entries: async (from, to) => {
      reads += 1;
      entered.resolve(undefined);
      await left.promise;
      return log.entries(from, to);
    },
  });
  const leaving = new AbortController();
  const asked = fetch(`${server.url}/v1/statements?author=${toHex(first!.firstIdentity)}`, {
    signal: leaving.signal,
  }).catch(() => undefined);
  await entered.promise;
  leaving.abort();
  await asked;
  // The server closes when the last connection has, and tells the request of it right after.
  await server.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  left.resolve(undefined);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(reads, 1);
});

test('a request reads a bounded part of the log, and its cursor goes on [E10]', async (t) => {
  const crowded = `0x${'77'.repeat(20)}` as const;
  const [from, blocks] = [1_000n, 3_000n];
  for (const sql of [
    'INSERT INTO sequenced_block (block, first_index, statements, term) SELECT n, n, 1, 1 FROM generate_series($1::bigint, $2::bigint) n',
    `INSERT INTO author_block SELECT decode('${crowded.slice(2)}', 'hex'), n, 0, 1 FROM generate_series($1::bigint, $2::bigint) n`,
  ])
    await postgres.database.execute(sql, [from, from + blocks - 1n]);
  let read = 0n;
  const [sample] = await log.entries(0n, 1n);
  const server = await serveSearch({
    entries: async (low, high) => {
      read += high - low;
      return Array.from({ length: Number(high - low) }, (_, i) => ({ ...sample!, index: low + BigInt(i) }));
    },
  });
  t.after(server.close);
  let cursor: string | null = '0';
  let requests = 0;
  let most = 0n;
  while (cursor !== null) {
    const before = read;
    const answer = await fetch(`${server.url}/v1/statements?author=${crowded}&cursor=${cursor}`);
    const page = (await answer.json()) as { statements: unknown[]; next: string | null };
    assert.deepEqual(page.statements, []);
    ({ next: cursor } = page);
    requests += 1;
    if (read - before > most) most = read - before;
  }
  assert.equal(read, blocks, 'everything was looked at once');
  assert.ok(requests > 1 && most <= 1_024n, `${most} entries in one of ${requests} requests`);
});
