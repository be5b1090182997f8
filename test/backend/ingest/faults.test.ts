import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { toHex } from '@gridseal/protocol/bytes';
import type { Database } from '../../../backend/adapters/postgres/database.ts';
import { DatabaseError, type DatabaseErrorCode } from '../../../backend/adapters/postgres/errors.ts';
import { createTestDevice, type TestDevice } from '../../setup/devices.ts';
import { createTestIngest, createTestLog, type TestLog } from '../../setup/log-node.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

/** What becomes of a transaction: done, undone, or done while its answer is lost. */
type Fate = 'works' | 'fails' | 'persists but reports failure' | 'fails without an answer';

const error = (code: DatabaseErrorCode) => new DatabaseError(code, new Error('forced by the test'));

/** A database whose transactions meet the given fates in turn, and work afterwards. */
const fated = (database: Database, fates: readonly Fate[]): Database => {
  const waiting = [...fates];
  const transaction: Database['transaction'] = async (work, options) => {
    const fate = waiting.shift() ?? 'works';
    if (fate === 'works') return database.transaction(work, options);
    if (fate === 'persists but reports failure') {
      await database.transaction(work, options);
      throw error('outcome-unknown');
    }
    return database.transaction(async (tx) => {
      await work(tx);
      throw error(fate === 'fails' ? 'unavailable' : 'outcome-unknown');
    }, options);
  };
  return { ...database, transaction };
};

describe('ingest on a database that fails', () => {
  let test: TestDatabase;
  let log: TestLog;
  let device: TestDevice;

  before(async () => {
    test = await createTestDatabase();
    log = await createTestLog();
  });
  after(() => test.close());
  beforeEach(() => {
    device = createTestDevice();
    log.directory.enrol(device.key);
  });

  const stored = async (): Promise<{ keys: bigint; inBlocks: bigint; pending: bigint }> => {
    const [row] = await test.database.query<{ keys: bigint; inBlocks: bigint; pending: bigint }>(
      `SELECT (SELECT count(*) FROM statement) AS keys,
         (SELECT coalesce(sum(cardinality(entry_ends)), 0) FROM statement_block)::bigint AS "inBlocks",
         (SELECT coalesce(sum(statements), 0) FROM pending_block)::bigint AS pending`,
    );
    return row!;
  };

  const cases: readonly (readonly Fate[])[] = [
    ['fails'],
    ['persists but reports failure'],
    ['fails without an answer'],
    ['persists but reports failure', 'fails', 'fails without an answer'],
    ['fails', 'persists but reports failure', 'persists but reports failure'],
  ];
  for (const fates of cases) {
    it(`acknowledges once, with the receipt of what is stored, when a write ${fates.join(', then ')}`, async () => {
      const before = await stored();
      const ingest = createTestIngest(log, fated(test.database, fates));
      const batches = [device.next(), device.next()];
      const results = await ingest.submit(batches);
      const after = await stored();
      assert.deepEqual(
        [after.keys - before.keys, after.inBlocks - before.inBlocks, after.pending - before.pending],
        [2n, 2n, 2n],
      );
      const healthy = createTestIngest(log, test.database);
      const again = await healthy.submit(batches);
      const receipts = (all: typeof results) =>
        all.map((result) =>
          result.status === 'refused' ? result.refusal.code : toHex(result.receipt.signature),
        );
      assert.deepEqual(receipts(results), receipts(again));
    });
  }

  it('fails a request whose writes all fail, loses nothing of it and takes it when sent again', async () => {
    const ingest = createTestIngest(log, fated(test.database, Array<Fate>(8).fill('fails')));
    const batch = device.next();
    const before = await stored();
    await assert.rejects(ingest.submit([batch]), { code: 'unavailable' });
    assert.deepEqual(await stored(), before);
    assert.deepEqual(ingest.queued(), { statements: 0, bytes: 0 });
    const [result] = await ingest.submit([batch]);
    assert.equal(result?.status, 'accepted');
  });
});
