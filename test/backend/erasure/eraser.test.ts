import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodePayloadBlock, keyCommitment, toHex } from '@gridseal/protocol';
import { createDurableFiles } from '../../../backend/adapters/durable-file/durable-files.ts';
import { createBatchKeys } from '../../../backend/adapters/keys/batch-keys.ts';
import { registerPeriodKey } from '../../../backend/adapters/keys/period-key-registry.ts';
import { openPeriodKeys, type PeriodKeyStore } from '../../../backend/adapters/keys/period-keys.ts';
import { createEraser } from '../../../backend/features/erasure/eraser.ts';
import { createErasureStore, type ErasureStore } from '../../../backend/features/erasure/erasure-store.ts';
import { IngestError } from '../../../backend/features/ingest/errors.ts';
import type { Ingest } from '../../../backend/features/ingest/types.ts';
import { operatorIntents } from '../../../backend/features/sequencer/operator-statements.ts';
import { createTestDevice, type TestDevice } from '../../setup/devices.ts';
import { createTestIngest, createTestLog, type TestLog } from '../../setup/log-node.ts';
import { createMemoryStore } from '../../setup/memory-store.ts';
import { createTestDatabase, testLogger, type TestDatabase } from '../../setup/postgres.ts';
import { createVolatileFileSystem, type VolatileFileSystem } from '../../setup/volatile-file-system.ts';

type Batch = { readonly digest: Uint8Array; readonly block: Uint8Array; readonly batchKey: Uint8Array };

/** A key store on a disk of its own, and the ingest that seals with its keys. Days tell the periods of tests apart. */
type Machine = {
  readonly fs: VolatileFileSystem;
  readonly now: Date;
  keys: PeriodKeyStore;
  readonly reopen: () => Promise<void>;
  readonly ingest: Ingest;
  readonly closures: { count: number };
};

describe('an erasure', () => {
  let postgres: TestDatabase;
  let log: TestLog;
  let device: TestDevice;
  let days = 0;

  before(async () => {
    postgres = await createTestDatabase();
    log = await createTestLog();
    device = createTestDevice();
    log.directory.enrol(device.key);
  });
  after(() => postgres.close());

  const machine = async (): Promise<Machine> => {
    days += 1;
    const now = new Date(Date.UTC(2020, 0, days));
    const fs = createVolatileFileSystem();
    const open = () => openPeriodKeys({ folder: '/keys', files: createDurableFiles(fs), now });
    const closures = { count: 0 };
    const made: Machine = {
      fs,
      now,
      keys: await open(),
      closures,
      reopen: async () => {
        fs.crash();
        made.keys = await open();
      },
      ingest: createTestIngest(log, postgres.database, {}, undefined, undefined, {
        current: () => made.keys.current(),
        closed: () => {
          closures.count += 1;
        },
      }),
    };
    await registerPeriodKey(postgres.database, made.keys.current());
    return made;
  };

  const taken = ({ ingest }: Machine, count: number): Promise<Batch[]> => takenBy(ingest, count);
  const takenBy = async (ingest: Ingest, count: number): Promise<Batch[]> => {
    const sent = Array.from({ length: count }, () => device.next());
    const results = await ingest.submit(sent);
    assert.ok(results.every(({ status }) => status === 'accepted'));
    return Promise.all(
      sent.map(async ({ digest, payload }) => {
        const [row] = await postgres.database.query<{ payloads: Uint8Array; ends: number[]; at: number }>(
          `SELECT p.payloads, p.payload_ends AS ends, s.position AS at FROM statement s
           JOIN payload_block p ON p.id = s.block WHERE s.digest = $1`,
          [digest],
        );
        const block = row!.payloads.subarray(row!.ends[row!.at - 1] ?? 0, row!.ends[row!.at]);
        return { digest, block, batchKey: payload!.batchKey };
      }),
    );
  };

  const ask = ({ digest, block, batchKey }: Batch): Promise<void> =>
    createErasureStore(postgres.database).ask({
      digest,
      keyCommitment: keyCommitment(batchKey),
      reason: 'a test',
      period: decodePayloadBlock(block).periodId,
    });

  const eraserOf = (of: Machine, erasures: ErasureStore = createErasureStore(postgres.database)) =>
    createEraser({
      erasures,
      keys: {
        current: () => of.keys.current(),
        renew: async () => {
          const key = await of.keys.renew(of.now);
          await registerPeriodKey(postgres.database, key);
          return key;
        },
        createApart: () => of.keys.createApart(of.now),
        find: (period) => of.keys.find(period),
        rewrapped: (period) => of.keys.rewrapped(period),
        writeRewrapped: (period, survivors) => of.keys.writeRewrapped(period, survivors),
        destroy: (period) => of.keys.destroy(period),
      },
      store: createMemoryStore(),
      intents: operatorIntents,
      primitives: log.primitives,
      holdsLease: async () => true,
      logger: testLogger,
    });

  const finish = async (of: Machine): Promise<void> => {
    while ((await eraserOf(of).step()) === 'more');
  };

  const opened = async ({ keys }: Machine, { digest, block }: Batch): Promise<string | undefined> => {
    const key = await createBatchKeys(keys)(digest, decodePayloadBlock(block));
    return key === undefined ? undefined : toHex(key);
  };

  /** Whether exactly these are closed, and each is stated once. */
  const judge = async (of: Machine, erased: readonly Batch[], others: readonly Batch[]): Promise<void> => {
    for (const batch of erased) {
      assert.equal(await opened(of, batch), undefined);
      const rows = await postgres.database.query('SELECT 1 FROM operator_intent WHERE reference = $1', [
        `erasure:${toHex(batch.digest)}`,
      ]);
      assert.equal(rows.length, 1);
    }
    for (const batch of others) assert.equal(await opened(of, batch), toHex(batch.batchKey));
  };

  it('closes what was asked for and nothing else, once and again', async () => {
    const of = await machine();
    const [first, second, third, ...others] = await taken(of, 6);
    await ask(first!);
    await finish(of);
    await judge(of, [first!], [second!, third!, ...others]);
    await ask(second!);
    await ask(third!);
    await finish(of);
    await of.reopen();
    await judge(of, [first!, second!, third!], others);
    await judge(of, [], await taken(of, 1));
  });

  it('comes to the same end when a file operation fails and the power with it, at whichever', async () => {
    for (let operation = 1, failed = true; failed; operation += 1) {
      const of = await machine();
      const [first, second, ...others] = await taken(of, 4);
      await ask(first!);
      if (operation % 2 === 0) {
        await finish(of);
        await ask(second!);
      }
      of.fs.failOperation(operation);
      failed = await eraserOf(of)
        .step()
        .then(
          () => false,
          () => true,
        );
      await of.reopen();
      await finish(of);
      const erased = operation % 2 === 0 ? [first!, second!] : [first!];
      await judge(of, erased, operation % 2 === 0 ? others : [second!, ...others]);
      assert.ok(operation < 100);
    }
  });

  it('comes to the same end when the database fails or fails to say that it did not, at whichever step', async () => {
    const names = ['next', 'closePeriod', 'retire', 'erasedOf', 'finish'] as const;
    for (const name of names)
      for (const persists of [false, true]) {
        const of = await machine();
        const [first, second, ...others] = await taken(of, 4);
        await ask(first!);
        const store = createErasureStore(postgres.database);
        const failing = {
          ...store,
          [name]: async (...args: never[]) => {
            if (persists) await (store[name] as (...all: never[]) => Promise<unknown>)(...args);
            throw new Error('forced by the test');
          },
        };
        await assert.rejects(eraserOf(of, failing).step(), /forced/u);
        await of.reopen();
        await ask(second!);
        await finish(of);
        await judge(of, [first!, second!], others);
      }
  });

  it('keeps batches whose period was not registered yet when they shared a flush with another', async () => {
    const of = await machine();
    const old = of.keys.current();
    const fresh = await of.keys.renew(of.now);
    let turn = 0;
    const mixing = createTestIngest(log, postgres.database, {}, undefined, undefined, {
      current: () => (turn++ % 2 === 0 ? old : fresh),
      closed: () => undefined,
    });
    const sent = await Promise.all([1, 2, 3, 4].map(() => takenBy(mixing, 1)));
    await registerPeriodKey(postgres.database, fresh);
    const batches = sent.flat();
    const ofFresh = batches.filter(({ block }) => decodePayloadBlock(block).periodId === fresh.period);
    const [erased, survivor] = ofFresh;
    assert.ok(erased && survivor);
    await ask(erased);
    await finish(of);
    await judge(
      of,
      [erased],
      batches.filter((batch) => batch !== erased),
    );
  });

  it('lets nothing be sealed any more under a key that is being destroyed', async () => {
    const of = await machine();
    await taken(of, 1);
    await createErasureStore(postgres.database).closePeriod(of.keys.current().period);
    await assert.rejects(
      of.ingest.submit([device.next()]),
      (error) => error instanceof IngestError && error.code === 'overloaded',
    );
    assert.equal(of.closures.count, 1);
    await registerPeriodKey(postgres.database, await of.keys.renew(of.now));
    await judge(of, [], await taken(of, 1));
  });

  it('waits for a flush that is under way before it lists the survivors', async () => {
    const of = await machine();
    const { period } = of.keys.current();
    let closed = false;
    let closing: Promise<void> | undefined;
    await postgres.database.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM period_key WHERE period = $1 FOR SHARE', [period]);
      closing = createErasureStore(postgres.database)
        .closePeriod(period)
        .then(() => {
          closed = true;
        });
      await tx.query('SELECT pg_sleep(0.3)');
      assert.equal(closed, false);
    });
    await closing;
    assert.equal(closed, true);
  });
});
