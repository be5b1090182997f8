import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fromUtf8, parseNote, utf8, verifyCosignature } from '@gridseal/protocol';
import { portable } from '@gridseal/protocol/primitives';
import type { WitnessError } from '../../../backend/features/witness/errors.ts';
import { createWitnessProbe } from '../../../backend/features/witness/health.ts';
import { readStandings } from '../../../backend/features/witness/standing.ts';
import { createCosignatureStore, type CosignatureStore } from '../../../backend/features/witness/store.ts';
import type { Cosignatures } from '../../../backend/features/witness/types.ts';
import { createWitnessWorker } from '../../../backend/features/witness/worker.ts';
import { createMemoryLog, type MemoryLog } from '../../setup/memory-log.ts';
import { createTestDatabase, testLogger, type TestDatabase } from '../../setup/postgres.ts';
import { startWitness, type TestWitness } from '../../setup/witness.ts';

const ORIGIN = `log.test/${'ab'.repeat(32)}/0`;

describe('asking witnesses', () => {
  let test: TestDatabase;
  let log: MemoryLog;
  let store: CosignatureStore;
  let first: TestWitness;
  let second: TestWitness;
  let ahead: WitnessError[];

  beforeEach(async () => {
    test = await createTestDatabase();
    log = createMemoryLog({ origin: ORIGIN, digestOf: (entry) => entry });
    store = createCosignatureStore(test.database);
    const key = () => log.signer.verifierKey;
    first = await startWitness({ name: 'witness.test/first', log: key });
    second = await startWitness({ name: 'witness.test/second', log: key });
    ahead = [];
    append(3);
  });
  afterEach(async () => {
    await first.close();
    await second.close();
    await test.close();
  });

  const append = (count: number) =>
    log.append(...Array.from({ length: count }, () => utf8(`entry ${Math.random()}`)));

  const workerWith = async (quorum: number, on = log) => {
    const witnesses = [first, second].map(({ key, url }) => ({ key, url }));
    await store.know(witnesses);
    const cosignatures: Cosignatures = { quorum, newest: () => store.newest(ORIGIN, witnesses, quorum) };
    const worker = createWitnessWorker({
      log: on,
      witnesses,
      store,
      cosignatures,
      primitives: portable,
      timeoutMs: 2_000,
      holdsLease: async () => true,
      now: () => 1_000,
      onAhead: (error) => void ahead.push(error),
      logger: testLogger,
    });
    return { worker, cosignatures, witnesses };
  };

  const signersOf = (checkpoint: string): string[] => {
    const { text, signatures } = parseNote(checkpoint);
    return signatures
      .slice(1)
      .filter((line) => [first, second].some(({ key }) => verifyCosignature(text, line, key) !== undefined))
      .map(({ name }) => name);
  };

  it('gives a checkpoint that all of them signed, after the log', async () => {
    const { worker, cosignatures } = await workerWith(2);
    assert.equal(await cosignatures.newest(), undefined);
    await worker.step();
    const newest = await cosignatures.newest();
    assert.equal(newest?.size, 3n);
    assert.deepEqual(newest.root, (await log.head())?.root);
    assert.ok(newest.checkpoint.startsWith((await log.head())?.checkpoint ?? 'none'));
    assert.deepEqual(signersOf(newest.checkpoint).toSorted(), [first.key.name, second.key.name]);
  });

  it('goes on from what each has seen, by consistency proof, and keeps only what is newest', async () => {
    const { worker, cosignatures } = await workerWith(1);
    for (const count of [1, 7, 30]) {
      await worker.step();
      append(count);
    }
    await worker.step();
    assert.equal((await cosignatures.newest())?.size, 41n);
    assert.equal(first.standing()?.size, 41n);
    const rows = await test.database.query('SELECT FROM cosignature');
    assert.equal(rows.length, 2);
  });

  it('asks nobody who has signed the head', async () => {
    const { worker } = await workerWith(1);
    await worker.step();
    const asked = first.requests();
    await worker.step();
    assert.equal(first.requests(), asked);
  });

  it('reaches a quorum without the witness that is down, says so, and brings it up later', async () => {
    const { worker, cosignatures } = await workerWith(1);
    second.answer({ status: 500, text: 'out of order' });
    await worker.step();
    assert.deepEqual(signersOf((await cosignatures.newest())?.checkpoint ?? ''), [first.key.name]);
    const probe = createWitnessProbe(worker, cosignatures);
    const sick = await probe.check();
    assert.equal(sick.status, 'degraded');
    assert.match(sick.detail ?? '', /second answered 500: out of order/);
    second.answer(undefined);
    append(1);
    await worker.step();
    assert.equal(signersOf((await cosignatures.newest())?.checkpoint ?? '').length, 2);
    assert.equal((await probe.check()).status, 'ok');
  });

  it('has no cosigned checkpoint below the quorum', async () => {
    const { worker, cosignatures } = await workerWith(2);
    await second.close();
    await worker.step();
    assert.equal(await cosignatures.newest(), undefined);
    assert.equal((await createWitnessProbe(worker, cosignatures).check()).status, 'failing');
    assert.equal(worker.states()[1]?.failing?.error.code, 'unreachable');
  });

  it('believes no signature that does not verify', async () => {
    const { worker, cosignatures } = await workerWith(1);
    for (const witness of [first, second])
      witness.answer({ status: 200, text: `— ${witness.key.name} ${Buffer.alloc(76).toString('base64')}\n` });
    await worker.step();
    assert.equal(await cosignatures.newest(), undefined);
    assert.deepEqual(
      worker.states().map(({ failing }) => failing?.error.code),
      ['cosignature-invalid', 'cosignature-invalid'],
    );
  });

  it('learns from a witness how far it has seen the log when its own record is lost', async () => {
    const { worker } = await workerWith(1);
    await worker.step();
    append(5);
    await test.database.execute('DELETE FROM cosignature');
    await test.database.execute('UPDATE witness SET size = 0');
    const { worker: restarted, cosignatures } = await workerWith(1);
    await restarted.step();
    assert.equal((await cosignatures.newest())?.size, 8n);
    assert.deepEqual(ahead, []);
  });

  it('stops where a witness has seen more than was published', async () => {
    const { worker } = await workerWith(1);
    append(9);
    await worker.step();
    const rolledBack = createMemoryLog({ origin: ORIGIN, digestOf: (entry) => entry });
    rolledBack.append(utf8('another history'));
    const { worker: behind, witnesses } = await workerWith(1, rolledBack);
    await behind.step();
    assert.deepEqual(
      ahead.map(({ code }) => code),
      ['ahead', 'ahead'],
    );
    const empty = createMemoryLog({ origin: ORIGIN, digestOf: (entry) => entry }).append().checkpoint;
    const standings = await readStandings(witnesses, empty, {
      timeoutMs: 2_000,
      primitives: portable,
      logger: testLogger,
    });
    assert.deepEqual(standings, [{ size: 12n }, { size: 12n }]);
  });

  it('takes a quorum into force from the next checkpoint on, once', async () => {
    assert.equal(await store.enforce(0, 50n), 0n);
    assert.equal(await store.enforce(1, 50n), 51n);
    assert.equal(await store.enforce(1, 90n), 51n);
    assert.equal(await store.enforce(2, 90n), 91n);
  });

  it('remembers the keys of witnesses that are asked no more', async () => {
    await workerWith(1);
    assert.equal((await store.keys()).length, 2);
    assert.ok((await store.keys()).every((key) => fromUtf8(utf8(key)).includes('+')));
  });
});
