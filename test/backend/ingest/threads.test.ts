import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { decodeAuthorPart } from '@gridseal/protocol';
import { startThreads, type Threads } from '../../../backend/features/ingest/threads.ts';
import { createTestDevice, minuteReadings, testDomain } from '../../setup/devices.ts';
import { createTestIngest, createTestLog, type TestLog } from '../../setup/log-node.ts';
import { createTestDatabase, createTestFolder, type TestDatabase } from '../../setup/postgres.ts';

const native = import.meta.resolve('@gridseal/sdk/node/crypto/native');
const signerModule = new URL('../../../backend/adapters/crypto/operator-signer.ts', import.meta.url).href;

describe('work on threads', () => {
  let test: TestDatabase;
  let log: TestLog;
  before(async () => {
    test = await createTestDatabase();
    log = await createTestLog();
  });
  after(() => test.close());
  const start = (threads: number, primitivesModule = native): Threads =>
    startThreads(threads, {
      primitivesModule,
      signerModule,
      operatorKey: log.operatorKey,
      domain: testDomain,
    });

  it('gives results and receipts of concurrent requests to those who asked, in order', async () => {
    const pool = start(2);
    const ingest = createTestIngest(log, test.database, {}, pool);
    const device = createTestDevice();
    log.directory.enrol(device.key);
    const requests = Array.from({ length: 6 }, (_, n) =>
      Array.from({ length: 30 * n + 1 }, (_, i) => {
        const batch = device.next({ readings: minuteReadings(3) });
        return i % 7 === 3
          ? { ...batch, payload: { ...batch.payload!, batchKey: new Uint8Array(32) } }
          : batch;
      }),
    );
    const answers = await Promise.all(requests.map((request) => ingest.submit(request)));
    answers.forEach((results, n) => {
      assert.deepEqual(
        results.map((result) => (result.status === 'refused' ? result.refusal.code : result.status)),
        results.map((_, i) => (i % 7 === 3 ? 'commitment-mismatch' : 'accepted')),
      );
      results.forEach((result, i) => {
        assert.deepEqual(result.digest, requests[n]![i]!.digest);
        if (result.status === 'refused') return;
        const { receipt, signature } = result.receipt;
        assert.deepEqual(receipt.digest, requests[n]![i]!.digest);
        assert.deepEqual(signature, log.issue(receipt).signature);
      });
    });
    const again = await ingest.submit(requests[1]!.slice(0, 1));
    assert.deepEqual(again[0], { ...answers[1]![0], status: 'duplicate' });
    await ingest.close();
    await pool.close();
  });

  it('signs receipts before it examines what came earlier', async (t) => {
    const pool = start(1);
    t.after(pool.close);
    const { digest, authorPart } = createTestDevice().next();
    const { header, signature } = decodeAuthorPart(authorPart);
    const examinable = { digest, signature, keyId: header.keyId, ownKeyOf: undefined, telemetry: undefined };
    const order: string[] = [];
    const examined = pool
      .examine(
        Array.from({ length: 2_000 }, () => examinable),
        { period: 'p', key: new Uint8Array(32) },
      )
      .then(() => order.push('examined'));
    // What arrives in one turn is handed to the thread in the next.
    await setImmediate();
    await setImmediate();
    const taken = { digest, entryHash: digest, receiptTimeMs: 1n, deadline: 1n };
    const signed = pool.issue([taken]).then(([receipt]) => {
      order.push('signed');
      assert.deepEqual(receipt!.signature, log.issue(taken).signature);
    });
    await Promise.all([examined, signed]);
    assert.deepEqual(order, ['signed', 'examined']);
  });

  it('closes while threads load and while they work, and leaves nobody waiting', async () => {
    const { digest } = createTestDevice().next();
    const taken = { digest, entryHash: digest, receiptTimeMs: 1n, deadline: 1n };
    const many = Array.from({ length: 10_000 }, () => taken);
    for (let times = 0; times < 20; times += 1) {
      const pool = start(2);
      // Every other pool has loaded its cryptography, and is closed in the midst of its work.
      if (times % 2 === 0) await pool.issue([taken]);
      const asked = pool.issue(many).then(
        () => 'done',
        (error: unknown) => String(error),
      );
      await sleep(10 * (times % 5));
      await pool.close();
      assert.match(await asked, /done|thread/u);
    }
  });

  it('fails what a dying thread had and goes on with another', async () => {
    const folder = await createTestFolder();
    const dying = join(folder.path, 'dying.mjs');
    await writeFile(
      dying,
      `let calls = 0;
       const { loadPrimitives: load } = await import(${JSON.stringify(native)});
       export const loadPrimitives = async () => {
         const { primitives } = await load();
         const sha256 = (bytes) => { calls += 1; if (calls > 40) process.exit(3); return primitives.sha256(bytes); };
         return { primitives: { ...primitives, sha256 } };
       };`,
    );
    const pool = start(1, pathToFileURL(dying).href);
    const ingest = createTestIngest(log, test.database, {}, pool);
    const device = createTestDevice();
    log.directory.enrol(device.key);
    const many = Array.from({ length: 60 }, () => device.next());
    await assert.rejects(ingest.submit(many), /ended with code 3/);
    assert.deepEqual(ingest.queued(), { statements: 0, bytes: 0 });
    const [result] = await ingest.submit(many.slice(0, 1));
    assert.equal(result?.status, 'accepted');
    await ingest.close();
    await pool.close();
    await folder.remove();
  });

  it('says so when no thread can run', async () => {
    const pool = start(1, 'file:///nowhere/primitives.ts');
    const ingest = createTestIngest(log, test.database, {}, pool);
    const device = createTestDevice();
    log.directory.enrol(device.key);
    const batch = device.next();
    for (let failure = ''; failure !== 'no examination thread runs';)
      await assert.rejects(ingest.submit([batch]), (error: Error) => {
        failure = error.message;
        return true;
      });
    await pool.close();
  });
});
