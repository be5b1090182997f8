import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, describe, it } from 'node:test';
import { equal, toHex } from '@gridseal/protocol/bytes';
import { hashLeaf } from '@gridseal/protocol/merkle/hash';
import { verifyConsistency, verifyInclusion } from '@gridseal/protocol/merkle/verify';
import { decodeEntry } from '@gridseal/protocol/statement/codec';
import { digest as digestOf } from '@gridseal/protocol/statement/digest';
import { verifyEquivocation } from '@gridseal/protocol/statement/equivocation';
import { verifySignature } from '@gridseal/protocol/statement/signature';
import { KINDS, readStatement, type KindName, type StatementOf } from '@gridseal/protocol/statement/types';
import { parseCheckpoint } from '@gridseal/protocol/tlog/checkpoint';
import { parseNote, parseVerifierKey, verifyNoteSignature } from '@gridseal/protocol/tlog/note';
import type { Database } from '../../../backend/adapters/postgres/database.ts';
import type { Ingest } from '../../../backend/features/ingest/types.ts';
import type { LogReader } from '../../../backend/features/log/types.ts';
import { operatorIntents } from '../../../backend/features/sequencer/operator-statements.ts';
import type { Sequencer } from '../../../backend/features/sequencer/types.ts';
import { createTestDevice, NO_HASH, TEST_NOW, testDomain, type TestDevice } from '../../setup/devices.ts';
import {
  createTestIngest,
  createTestLog,
  createTestReader,
  startTestSequencer,
  TEST_GAP_WINDOW_MS,
  TEST_ORIGIN,
  type TestLog,
} from '../../setup/log-node.ts';
import { createTestDatabase, createTestFolder, type TestDatabase } from '../../setup/postgres.ts';

describe('sequencer', () => {
  let test: TestDatabase;
  let database: Database;
  let folder: { path: string; remove: () => Promise<void> };
  let log: TestLog;
  let ingest: Ingest;
  let reader: LogReader;
  let sequencer: Sequencer;
  let device: TestDevice;

  before(async () => {
    test = await createTestDatabase();
    database = test.database;
    folder = await createTestFolder();
    log = await createTestLog();
    ingest = createTestIngest(log, database);
    reader = createTestReader(log, database);
  });
  after(async () => {
    await ingest.close();
    await test.close();
    await folder.remove();
  });
  beforeEach(async () => {
    log.clock.now = TEST_NOW;
    sequencer = await startTestSequencer(log, database, folder.path);
    device = createTestDevice();
    log.directory.enrol(device.key);
  });
  afterEach(() => sequencer.stop());

  const head = async () => {
    const found = await reader.head();
    assert.ok(found);
    return found;
  };

  /** Waits until the log has this many statements of a kind about the device, and returns them. */
  const stated = async <Name extends KindName>(kind: Name, count: number): Promise<StatementOf<Name>[]> => {
    for (;;) {
      const { size } = await head();
      const found: StatementOf<Name>[] = [];
      for (let from = 0n; from < size; from += 4096n) {
        const to = from + 4096n < size ? from + 4096n : size;
        for (const { bytes } of await reader.entries(from, to)) {
          const statement = readStatement(decodeEntry(bytes).authorPart);
          const isOurs = 'subject' in statement.body && equal(statement.body.subject, device.key.identity);
          if (statement.kind === kind && isOurs) found.push(statement as StatementOf<Name>);
        }
      }
      if (found.length >= count) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it('begins a log with the declarations of its kinds, signed by the operator', async () => {
    while ((await head()).size < BigInt(Object.keys(KINDS).length))
      await new Promise((r) => setTimeout(r, 10));
    const entries = await reader.entries(0n, BigInt(Object.keys(KINDS).length));
    const declared = entries.map(({ bytes }) => {
      const { authorPart } = decodeEntry(bytes);
      const statement = readStatement(authorPart);
      assert.equal(statement.kind, 'TypeDeclaration');
      verifySignature({
        digest: digestOf(authorPart, testDomain),
        signature: authorPart.signature,
        keyId: Buffer.from(log.operator.address.slice(2).padStart(64, '0'), 'hex'),
      });
      return statement.body.declaration;
    });
    assert.deepEqual(
      declared,
      Object.values(KINDS).map(({ type }) => type),
    );
  });

  it('publishes a checkpoint that verifies under the log’s key and proves every entry', async () => {
    const batches = Array.from({ length: 300 }, () => device.next());
    await ingest.submit(batches);
    await sequencer.drained();
    const { checkpoint, root, size } = await head();
    const note = parseNote(checkpoint);
    assert.ok(verifyNoteSignature(note.text, note.signatures[0]!, parseVerifierKey(log.verifierKey)));
    assert.deepEqual(parseCheckpoint(note.text), { origin: TEST_ORIGIN, size, root: Uint8Array.from(root) });
    for (const { digest } of batches.filter((_, i) => i % 37 === 0)) {
      const index = await reader.indexOf(digest);
      assert.ok(index !== undefined);
      const { bytes } = await reader.entry(index);
      assert.equal(toHex(digestOf(decodeEntry(bytes).authorPart, testDomain)), toHex(digest));
      const leafHash = hashLeaf(bytes);
      assert.equal(toHex(await reader.leafHash(index)), toHex(leafHash));
      verifyInclusion({ index, size, leafHash, root, path: await reader.inclusionProof(index, size) });
    }
  });

  it('only extends what it published', async () => {
    const sizes = [await head()];
    for (const count of [1, 255, 2, 300]) {
      await ingest.submit(Array.from({ length: count }, () => device.next()));
      await sequencer.drained();
      sizes.push(await head());
    }
    const last = sizes.at(-1)!;
    for (const { size, root } of sizes) {
      if (size === 0n) continue;
      assert.equal(toHex(await reader.root(size)), toHex(root));
      const path = await reader.consistencyProof(size, last.size);
      verifyConsistency({ size1: size, root1: root, size2: last.size, root2: last.root, path });
    }
  });

  it('continues the same log after a restart', async () => {
    await ingest.submit([device.next(), device.next()]);
    await sequencer.drained();
    const before = await head();
    await sequencer.stop();
    await ingest.submit([device.next()]);
    sequencer = await startTestSequencer(log, database, folder.path);
    await sequencer.drained();
    const after = await head();
    assert.ok(after.size > before.size && after.term > before.term);
    const path = await reader.consistencyProof(before.size, after.size);
    verifyConsistency({ size1: before.size, root1: before.root, size2: after.size, root2: after.root, path });
    log.clock.now += 2 * TEST_GAP_WINDOW_MS;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(await stated('Gap', 0), []);
  });

  it('states missing numbers once the window is over, and still takes them afterwards', async () => {
    const batches = Array.from({ length: 8 }, () => device.next());
    await ingest.submit([batches[0]!, batches[4]!, batches[7]!]);
    await sequencer.drained();
    log.clock.now += TEST_GAP_WINDOW_MS - 1;
    await ingest.submit([batches[2]!]);
    await sequencer.drained();
    assert.deepEqual(await stated('Gap', 0), []);
    log.clock.now += 1;
    const gaps = await stated('Gap', 3);
    assert.deepEqual(
      gaps.map(({ body }) => [body.firstSequence, body.lastSequence, body.windowMs]),
      [
        [1n, 1n, BigInt(TEST_GAP_WINDOW_MS)],
        [3n, 3n, BigInt(TEST_GAP_WINDOW_MS)],
        [5n, 6n, BigInt(TEST_GAP_WINDOW_MS)],
      ],
    );
    const late = await ingest.submit([batches[5]!, batches[1]!]);
    assert.deepEqual(
      late.map(({ status }) => status),
      ['accepted', 'accepted'],
    );
    await sequencer.drained();
    assert.ok((await reader.indexOf(batches[5]!.digest)) !== undefined);
    log.clock.now += 2 * TEST_GAP_WINDOW_MS;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await stated('Gap', 3)).length, 3);
  });

  it('states an equivocation once, with the refused statement as evidence', async () => {
    const place = { sequence: 0n, previous: NO_HASH };
    const first = device.next();
    await ingest.submit([first]);
    await ingest.submit([device.next({ header: place }), device.next({ header: place })]);
    const [equivocation] = await stated('Equivocation', 1);
    assert.equal(toHex(equivocation!.body.acceptedDigest), toHex(first.digest));
    verifyEquivocation(equivocation!.body, testDomain);
    await ingest.submit([device.next({ header: place })]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await stated('Equivocation', 1)).length, 1);
  });

  describe('states a successor that names another predecessor', () => {
    const fork = () => {
      const twin = createTestDevice(device.key);
      const [first] = [device.next(), twin.next()];
      return { first, successor: twin.next() };
    };
    const expectBrokenLink = async (first: { digest: Uint8Array }, successor: { digest: Uint8Array }) => {
      const [{ body } = assert.fail('no equivocation')] = await stated('Equivocation', 1);
      assert.equal(body.sequence, 0n);
      assert.equal(toHex(body.acceptedDigest), toHex(first.digest));
      verifyEquivocation(body, testDomain);
      assert.ok((await reader.indexOf(successor.digest)) !== undefined);
    };

    it('when both come together', async () => {
      const { first, successor } = fork();
      await ingest.submit([first, successor]);
      await expectBrokenLink(first, successor);
    });

    it('when the successor comes later', async () => {
      const { first, successor } = fork();
      await ingest.submit([first]);
      await sequencer.drained();
      await ingest.submit([successor]);
      await expectBrokenLink(first, successor);
    });

    it('when the successor comes first', async () => {
      const { first, successor } = fork();
      await ingest.submit([successor]);
      await sequencer.drained();
      await ingest.submit([first]);
      await expectBrokenLink(first, successor);
    });

    it('when it comes after a restart', async () => {
      const { first, successor } = fork();
      await ingest.submit([first]);
      await sequencer.drained();
      await sequencer.stop();
      sequencer = await startTestSequencer(log, database, folder.path);
      await ingest.submit([successor]);
      await expectBrokenLink(first, successor);
    });
  });

  it('says nothing of batches that come out of order and link', async () => {
    const batches = Array.from({ length: 9 }, () => device.next());
    for (const i of [8, 2, 0, 5, 1, 7, 3, 6, 4]) {
      await ingest.submit([batches[i]!]);
      await sequencer.drained();
    }
    log.clock.now += 2 * TEST_GAP_WINDOW_MS;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual([await stated('Gap', 0), await stated('Equivocation', 0)], [[], []]);
    const [row] = await database.query<{ holes: bigint }>(
      'SELECT count(*) AS holes FROM chain_hole WHERE author = $1',
      [device.key.identity],
    );
    assert.equal(row?.holes, 0n);
  });

  it('states registry changes once, however often they are queued', async () => {
    const change = {
      identity: toHex(device.key.identity),
      keyId: toHex(device.key.keyId),
      change: 1,
      blockNumber: 7n,
      blockHash: toHex(NO_HASH),
      transactionHash: toHex(NO_HASH),
      logIndex: 3,
    } as const;
    await database.transaction((tx) => operatorIntents.registryChanges(tx, [change, change]));
    await database.transaction((tx) => operatorIntents.registryChanges(tx, [change]));
    for (;;) {
      const rows = await database.query<{ log_index: bigint | null }>(
        'SELECT log_index FROM operator_intent',
      );
      assert.equal(rows.length, 1);
      const index = rows[0]!.log_index;
      if (index !== null && index < (await head()).size) {
        const statement = readStatement(decodeEntry((await reader.entry(index)).bytes).authorPart);
        assert.equal(statement.kind, 'RegistryEvent');
        assert.equal(statement.body.blockNumber, 7n);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
});
