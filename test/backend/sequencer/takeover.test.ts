import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Queryable } from '../../../backend/adapters/postgres/database.ts';
import { DatabaseError } from '../../../backend/adapters/postgres/errors.ts';
import type { Ingest } from '../../../backend/features/ingest/types.ts';
import type { LogReader } from '../../../backend/features/log/types.ts';
import { signCheckpoint } from '../../../backend/features/sequencer/integration.ts';
import type { Sequencer } from '../../../backend/features/sequencer/types.ts';
import { createTestDevice, type TestDevice } from '../../setup/devices.ts';
import {
  createTestIngest,
  createTestLog,
  createTestReader,
  startTestSequencer,
  TEST_ORIGIN,
  type TestLog,
} from '../../setup/log-node.ts';
import { createTestDatabase, createTestFolder, type TestDatabase } from '../../setup/postgres.ts';

describe('taking a log over', () => {
  let test: TestDatabase;
  let database: Database;
  let folder: { path: string; remove: () => Promise<void> };
  let log: TestLog;
  let ingest: Ingest;
  let reader: LogReader;
  let device: TestDevice;
  const running: Sequencer[] = [];

  before(async () => {
    log = await createTestLog();
    device = createTestDevice();
    log.directory.enrol(device.key);
  });
  beforeEach(async () => {
    test = await createTestDatabase();
    database = test.database;
    folder = await createTestFolder();
    ingest = createTestIngest(log, database);
    reader = createTestReader(log, database);
    device = createTestDevice(device.key);
    const first = await start();
    await ingest.submit(Array.from({ length: 300 }, () => device.next()));
    await first.drained();
    await first.stop();
  });
  afterEach(async () => {
    for (const sequencer of running.splice(0)) await sequencer.stop();
    await ingest.close();
    await test.close();
    await folder.remove();
  });
  after(() => undefined);

  const start = async (options?: Parameters<typeof startTestSequencer>[3], on: Database = database) => {
    const sequencer = await startTestSequencer(log, on, folder.path, options);
    running.push(sequencer);
    return sequencer;
  };
  const published = () => join(folder.path, 'state', 'published');
  const size = async () => (await reader.head())!.size;

  it('refuses when something was published that the database does not have', async () => {
    const root = new Uint8Array(32).fill(1);
    const ahead = signCheckpoint({ origin: TEST_ORIGIN, size: (await size()) + 1n, root }, log.note);
    await writeFile(published(), ahead);
    await assert.rejects(start(), { code: 'database-behind' });
  });

  it('refuses when another history was published', async () => {
    const root = new Uint8Array(32).fill(1);
    await writeFile(published(), signCheckpoint({ origin: TEST_ORIGIN, size: 100n, root }, log.note));
    await assert.rejects(start(), { code: 'history-differs' });
  });

  it('goes on when the file is older than the database, as after a crash before it was written', async () => {
    await writeFile(
      published(),
      signCheckpoint({ origin: TEST_ORIGIN, size: 100n, root: await reader.root(100n) }, log.note),
    );
    await start();
    assert.equal(await readFile(published(), 'utf8'), (await reader.head())!.checkpoint);
  });

  it('refuses a published file that our key did not sign', async () => {
    const text = await readFile(published(), 'utf8');
    await writeFile(
      published(),
      text.replace(/\n(\d+)\n/, (_, n: string) => `\n${Number(n) - 1}\n`),
    );
    await assert.rejects(start(), { code: 'checkpoint-invalid' });
  });

  it('refuses when the chain holds a larger or another state', async () => {
    const ahead = { size: (await size()) + 5n, root: new Uint8Array(32) };
    await assert.rejects(start({ witnessed: [ahead] }), { code: 'database-behind' });
    await assert.rejects(start({ witnessed: [{ size: 7n, root: new Uint8Array(32) }] }), {
      code: 'history-differs',
    });
    await start({ witnessed: [{ size: 7n, root: await reader.root(7n) }] });
  });

  it('refuses the log of another epoch', async () => {
    await database.execute('UPDATE log_head SET epoch = 1');
    await assert.rejects(start(), { code: 'origin-differs' });
  });

  const corruptions: readonly (readonly [string, string, string])[] = [
    [
      'an edge hash',
      `UPDATE edge_tile SET hashes = set_byte(hashes, 5, get_byte(hashes, 5) # 1) WHERE level = 0`,
      'edge-differs',
    ],
    ['a missing edge tile', 'DELETE FROM edge_tile WHERE level = 1', 'edge-differs'],
    ['a full tile that was taken away', 'DELETE FROM tile', 'edge-differs'],
    ['a full tile', 'UPDATE tile SET hashes = set_byte(hashes, 5, get_byte(hashes, 5) # 1)', 'edge-differs'],
    [
      'an entry',
      'UPDATE statement_block SET entries = set_byte(entries, octet_length(entries) - 1, get_byte(entries, octet_length(entries) - 1) # 1)',
      'entry-differs',
    ],
    [
      'the last root',
      'UPDATE log_head SET root = set_byte(root, 0, get_byte(root, 0) # 1)',
      'checkpoint-invalid',
    ],
    ['the last size', 'UPDATE log_head SET size = size + 1', 'checkpoint-invalid'],
  ];
  for (const [what, sql, code] of corruptions) {
    it(`refuses a database in which ${what} was changed`, async () => {
      assert.ok((await database.execute(sql)) > 0);
      await assert.rejects(start(), { code });
    });
  }

  it('lets one of two sequencers write, and the other when that one stops', async () => {
    const first = await start();
    const second = await start();
    assert.deepEqual([(await first.status()).role, (await second.status()).role], ['leader', 'standby']);
    await ingest.submit([device.next()]);
    await first.drained();
    const before = await reader.head();
    await first.stop();
    await ingest.submit([device.next()]);
    await second.drained();
    const after = await reader.head();
    assert.equal((await second.status()).role, 'leader');
    assert.ok(after!.term > before!.term && after!.size > before!.size);
  });

  it('keeps a sequencer that was paused through a change of term from writing', async () => {
    const paused = await start();
    await database.execute('UPDATE log_head SET term = term + 1');
    const before = await size();
    await ingest.submit([device.next()]);
    const blocks = await database.query('SELECT block FROM pending_block');
    assert.equal(blocks.length, 1);
    while ((await paused.status()).lastError === undefined) await sleep(10);
    assert.match((await paused.status()).lastError!, /term \d+ ended/);
    assert.equal(await size(), before);
  });

  describe('given a commit whose answer is lost', () => {
    /** A database that loses the answer to the first commit of a new head. */
    const losing = (fate: 'committed' | 'rolled back'): { database: Database; losses: () => number } => {
      const seen = { heads: 0, losses: 0 };
      const transaction: Database['transaction'] = async (work, options) => {
        const headsBefore = seen.heads;
        const spied = async (tx: Queryable) => {
          const execute: Queryable['execute'] = (sql, values) => {
            if (sql.startsWith('UPDATE log_head SET size')) seen.heads += 1;
            return tx.execute(sql, values);
          };
          const result = await work({ ...tx, execute });
          if (seen.heads === 1 && headsBefore === 0 && fate === 'rolled back') throw lostAnswer();
          return result;
        };
        try {
          const result = await database.transaction(spied, options);
          if (seen.heads === headsBefore || headsBefore > 0) return result;
          throw lostAnswer();
        } catch (error) {
          if (error instanceof DatabaseError && error.code === 'outcome-unknown') seen.losses += 1;
          throw error;
        }
      };
      return { database: { ...database, transaction }, losses: () => seen.losses };
    };
    const lostAnswer = () => new DatabaseError('outcome-unknown', new Error('Connection terminated'));

    for (const fate of ['committed', 'rolled back'] as const) {
      it(`reads again and signs one history when it was ${fate}`, async () => {
        const lossy = losing(fate);
        const sequencer = await start({}, lossy.database);
        const before = await reader.head();
        const batches = [device.next(), device.next()];
        await ingest.submit(batches);
        await sequencer.drained();
        assert.equal(lossy.losses(), 1);
        const after = await reader.head();
        assert.equal(after!.size, before!.size + 2n);
        await ingest.submit([device.next()]);
        await sequencer.drained();
        await sequencer.stop();
        await start();
        assert.equal(await size(), before!.size + 3n);
      });
    }
  });

  it('publishes nothing that it could not write to the file', async () => {
    const sequencer = await start();
    const before = await size();
    const state = join(folder.path, 'state');
    const { rename, rm } = await import('node:fs/promises');
    await rename(state, `${state}.away`);
    await writeFile(state, 'in the way');
    await ingest.submit([device.next()]);
    while ((await sequencer.status()).lastError === undefined) await sleep(10);
    assert.equal(await size(), before);
    await rm(state);
    await mkdir(state);
    await sequencer.drained();
    assert.equal(await size(), before + 1n);
  });
});
