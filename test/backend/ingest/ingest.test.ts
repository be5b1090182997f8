import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { concat, toHex } from '@gridseal/protocol/bytes';
import { hashLeaf } from '@gridseal/protocol/merkle/hash';
import { decodePayloadBlock, openPayload, unwrapBatchKey } from '@gridseal/protocol/payload/block';
import { decodeEntry } from '@gridseal/protocol/statement/codec';
import { domainOf } from '@gridseal/protocol/statement/digest';
import { verifyReceipt } from '@gridseal/protocol/statement/receipt';
import { verifySignature } from '@gridseal/protocol/statement/signature';
import type { Database } from '../../../backend/adapters/postgres/database.ts';
import type {
  Ingest,
  RefusalCode,
  Submission,
  SubmissionResult,
} from '../../../backend/features/ingest/types.ts';
import {
  createTestDevice,
  minuteReadings,
  NO_HASH,
  p256Key,
  secp256k1Key,
  signStatement,
  TEST_NOW,
  testDomain,
  type TestDevice,
} from '../../setup/devices.ts';
import { createTestIngest, createTestLog, type TestLog } from '../../setup/log-node.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

describe('ingest', () => {
  let test: TestDatabase;
  let database: Database;
  let log: TestLog;
  let ingest: Ingest;
  let device: TestDevice;

  before(async () => {
    test = await createTestDatabase();
    database = test.database;
    log = await createTestLog();
    ingest = createTestIngest(log, database);
  });
  after(async () => {
    await ingest.close();
    await test.close();
  });
  beforeEach(() => {
    device = createTestDevice();
    log.directory.enrol(device.key);
    log.clock.now = TEST_NOW;
  });

  const submitOne = async (submission: Submission): Promise<SubmissionResult> => {
    const [result] = await ingest.submit([submission]);
    return result!;
  };
  const refusalOf = async (submission: Submission): Promise<[RefusalCode, string]> => {
    const result = await submitOne(submission);
    assert.equal(result.status, 'refused');
    return [result.refusal.code, result.refusal.field];
  };
  const storedEntry = async (digest: Uint8Array): Promise<{ entry: Uint8Array; payload: Uint8Array }> => {
    const [row] = await database.query<{ entry: Uint8Array; payload: Uint8Array }>(
      `SELECT substr(b.entries, coalesce(b.entry_ends[s.position], 0) + 1,
         b.entry_ends[s.position + 1] - coalesce(b.entry_ends[s.position], 0)) AS entry,
         substr(p.payloads, coalesce(p.payload_ends[s.position], 0) + 1,
         p.payload_ends[s.position + 1] - coalesce(p.payload_ends[s.position], 0)) AS payload
       FROM statement s JOIN statement_block b ON b.id = s.block JOIN payload_block p ON p.id = s.block
       WHERE s.digest = $1`,
      [digest],
    );
    assert.ok(row);
    return row;
  };

  it('acknowledges a batch with a receipt for exactly the entry that it stored', async () => {
    const batch = device.next();
    const result = await submitOne(batch);
    assert.equal(result.status, 'accepted');
    const { entry } = await storedEntry(batch.digest);
    const { receipt, signature } = result.receipt;
    assert.equal(toHex(receipt.entryHash), toHex(hashLeaf(entry)));
    assert.equal(receipt.receiptTimeMs, BigInt(TEST_NOW));
    assert.equal(receipt.deadline, BigInt(TEST_NOW / 1000 + 3600));
    verifyReceipt({
      receipt,
      signature,
      operator: Buffer.from(log.operator.address.slice(2), 'hex'),
      domain: testDomain,
    });
    assert.deepEqual(Buffer.from(decodeEntry(entry).operatorPart.keyCommitment).length, 32);
  });

  it('seals the readings so that the period key opens them and the statement binds them', async () => {
    const batch = device.next({ readings: minuteReadings(50) });
    await submitOne(batch);
    const { payload } = await storedEntry(batch.digest);
    const { wrappedKey, periodId } = decodePayloadBlock(payload);
    const batchKey = unwrapBatchKey({ wrappedKey, periodKey: new Uint8Array(32).fill(9) });
    assert.equal(periodId, '2026-11');
    const columnar = openPayload({ block: payload, batchKey, digest: batch.digest, count: 50 });
    assert.deepEqual(Buffer.from(columnar), Buffer.from(batch.payload!.columnar));
    assert.throws(() => openPayload({ block: payload, batchKey, digest: NO_HASH, count: 50 }), {
      code: 'NotOpened',
    });
  });

  it('stores P-256 signatures in low-s form, whichever form the device made', async () => {
    const secure = createTestDevice(p256Key());
    log.directory.enrol(secure.key);
    const batches = Array.from({ length: 12 }, () => secure.next());
    const results = await ingest.submit(batches);
    assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(['accepted']));
    for (const { digest } of batches) {
      const { authorPart } = decodeEntry((await storedEntry(digest)).entry);
      verifySignature({ digest, signature: authorPart.signature, keyId: secure.key.keyId });
    }
  });

  it('gives a resubmitted batch its first receipt, also when it was signed again later', async () => {
    const batch = device.next();
    const first = await submitOne(batch);
    log.clock.now += 60_000;
    const again = await submitOne(batch);
    assert.equal(again.status, 'duplicate');
    assert.deepEqual(again.receipt, first.status === 'accepted' && first.receipt);
    const secure = createTestDevice(p256Key());
    log.directory.enrol(secure.key);
    const signedOnce = secure.next();
    const signedAgain = { ...signedOnce, authorPart: signedOnce.authorPart.slice() };
    signedAgain.authorPart.set(secure.key.sign(signedOnce.digest), signedOnce.authorPart.length - 129);
    assert.notDeepEqual(signedAgain.authorPart, signedOnce.authorPart);
    const [once, twice] = await ingest.submit([signedOnce, signedAgain]);
    assert.ok(once?.status === 'accepted' && twice?.status === 'duplicate');
    assert.deepEqual(twice.receipt, once.receipt);
    const [a, b] = await ingest.submit([batch, batch]);
    assert.deepEqual([a!.status, b!.status], ['duplicate', 'duplicate']);
  });

  it('gives the first receipt although the key was revoked or the clock turned back since', async () => {
    const batch = device.next();
    await submitOne(batch);
    log.directory.enrol(device.key, { status: 'revoked', revokedAt: 5n });
    assert.equal((await submitOne(batch)).status, 'duplicate');
    log.directory.enrol(device.key);
    log.clock.now -= 86_400_000;
    assert.equal((await submitOne(batch)).status, 'duplicate');
  });

  it('refuses another batch under the same key, keeps the first as evidence and counts the others', async () => {
    const place = { sequence: 0n, previous: NO_HASH };
    const [first, second, third] = [
      device.next(),
      device.next({ header: place }),
      device.next({ header: place }),
    ];
    await submitOne(first);
    assert.deepEqual(await refusalOf(second), ['equivocation', 'header.sequence']);
    assert.deepEqual(await refusalOf(third), ['equivocation', 'header.sequence']);
    const rows = await database.query<{
      conflicting: Uint8Array;
      accepted_digest: Uint8Array;
      refusals: bigint;
    }>('SELECT conflicting, accepted_digest, refusals FROM conflict WHERE author = $1', [
      device.key.identity,
    ]);
    assert.equal(rows.length, 1);
    assert.equal(rows[0]!.refusals, 2n);
    assert.deepEqual(Buffer.from(rows[0]!.conflicting), Buffer.from(second.authorPart));
    assert.deepEqual(Buffer.from(rows[0]!.accepted_digest), Buffer.from(first.digest));
  });

  it('acknowledges exactly one of many conflicting submissions that race', async () => {
    const other = createTestIngest(log, database);
    const place = { sequence: 0n, previous: NO_HASH };
    const batches = Array.from({ length: 16 }, () => device.next({ header: place }));
    const outcomes = await Promise.all(
      batches.map(async (batch, i) =>
        (await (i % 2 === 0 ? ingest : other).submit([batch, batch])).map(({ status }) => status),
      ),
    );
    const accepted = outcomes.filter(([status]) => status === 'accepted');
    assert.equal(accepted.length, 1);
    assert.deepEqual(accepted[0], ['accepted', 'duplicate']);
    assert.equal(outcomes.filter(([a, b]) => a === 'refused' && b === 'refused').length, 15);
    const [row] = await database.query<{ blocks: bigint; pending: bigint }>(
      `SELECT (SELECT count(*) FROM statement WHERE author = $1) AS blocks,
         (SELECT sum(statements) FROM pending_block)::bigint - (SELECT count(*) FROM statement) AS pending`,
      [device.key.identity],
    );
    assert.deepEqual(row, { blocks: 1n, pending: 0n });
  });

  it('gives every one of many identical submissions that race the same receipt', async () => {
    const other = createTestIngest(log, database);
    const batch = device.next();
    const results = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => (await (i % 2 === 0 ? ingest : other).submit([batch]))[0]!),
    );
    const receipts = results.map((result) =>
      result.status === 'refused' ? undefined : toHex(result.receipt.signature),
    );
    assert.equal(new Set(receipts).size, 1);
    assert.equal(results.filter(({ status }) => status === 'accepted').length, 1);
  });

  it('takes late and out-of-order batches as they come', async () => {
    const batches = Array.from({ length: 6 }, () => device.next());
    const order = [4, 0, 5, 2, 1, 3];
    for (const i of order) assert.equal((await submitOne(batches[i]!)).status, 'accepted');
  });

  it('lets a bad batch disturb no other of the request', async () => {
    const good = [device.next(), device.next(), device.next()];
    const bad = device.next();
    const broken = { ...bad, authorPart: bad.authorPart.slice(0, -1) };
    const foreign = createTestDevice().next();
    const results = await ingest.submit([good[0]!, broken, good[1]!, foreign, good[2]!]);
    assert.deepEqual(
      results.map((result) => (result.status === 'refused' ? result.refusal.code : result.status)),
      ['accepted', 'malformed', 'accepted', 'key-unknown', 'accepted'],
    );
  });

  describe('refuses, naming the field,', () => {
    it('author parts that are cut, padded, of no known kind or too long', async () => {
      const { authorPart, payload } = device.next();
      assert.deepEqual(await refusalOf({ authorPart: authorPart.slice(0, 40), payload }), [
        'malformed',
        'header',
      ]);
      assert.deepEqual(await refusalOf({ authorPart: concat(authorPart, Uint8Array.of(0)), payload }), [
        'malformed',
        'authorPart',
      ]);
      assert.deepEqual(await refusalOf({ authorPart: new Uint8Array(0), payload }), [
        'malformed',
        'typeHash',
      ]);
      const unknown = authorPart.slice();
      unknown[0]! ^= 1;
      assert.deepEqual(await refusalOf({ authorPart: unknown, payload }), ['kind-not-accepted', 'typeHash']);
      const dirty = authorPart.slice();
      dirty[32] = 1;
      assert.deepEqual(await refusalOf({ authorPart: dirty, payload }), ['malformed', 'header.author']);
      assert.deepEqual(await refusalOf({ authorPart: new Uint8Array(70_000), payload }), [
        'oversize',
        'authorPart',
      ]);
    });

    it('kinds that only the operator authors, and the operator as author', async () => {
      const declaration = signStatement(
        device.key,
        'TypeDeclaration',
        {},
        { declaration: 'Reset(Header header,address subject)' + HEADER },
      );
      assert.deepEqual(await refusalOf(declaration), ['kind-not-accepted', 'typeHash']);
      const author = Buffer.from(log.operator.address.slice(2), 'hex');
      assert.deepEqual(await refusalOf(device.next({ header: { author } })), [
        'kind-not-accepted',
        'header.author',
      ]);
    });

    it('readings that are missing, too many bytes, not canonical or not those committed to', async () => {
      const { authorPart, payload } = device.next();
      assert.deepEqual(await refusalOf({ authorPart, payload: undefined }), ['malformed', 'readings']);
      const huge = { ...payload!, columnar: new Uint8Array(10_000) };
      assert.deepEqual(await refusalOf({ authorPart, payload: huge }), ['oversize', 'readings']);
      const padded = { ...payload!, columnar: concat(payload!.columnar, Uint8Array.of(0)) };
      assert.equal((await refusalOf({ authorPart, payload: padded }))[0], 'malformed');
      const otherKey = { ...payload!, batchKey: new Uint8Array(32) };
      assert.deepEqual(await refusalOf({ authorPart, payload: otherKey }), [
        'commitment-mismatch',
        'body.readingsRoot',
      ]);
      assert.deepEqual(await refusalOf(device.next({ body: { count: 5 } })), [
        'commitment-mismatch',
        'body.count',
      ]);
      const outside = device.next({ body: { endMs: BigInt(TEST_NOW - 120_000) } });
      assert.deepEqual(await refusalOf(outside), ['commitment-mismatch', 'readings[3].timeMs']);
    });

    it('clocks that run ahead, and takes batches of long ago', async () => {
      const ahead = BigInt(TEST_NOW + 301_000);
      assert.deepEqual(await refusalOf(device.next({ header: { timeMs: ahead } })), [
        'clock-skew',
        'header.timeMs',
      ]);
      assert.deepEqual(await refusalOf(device.next({ body: { endMs: ahead } })), [
        'clock-skew',
        'body.endMs',
      ]);
      const old = createTestDevice(device.key, 7);
      assert.equal((await submitOne(old.next({ header: { timeMs: 1n } }))).status, 'accepted');
    });

    it('whoever the chain has forgotten, until it knows them again', async () => {
      const batch = device.next();
      log.directory.takeBack(device.key.identity, true);
      const refused = await submitOne(batch);
      assert.ok(refused.status === 'refused');
      assert.deepEqual([refused.refusal.code, refused.refusal.retryable], ['key-pending', true]);
      log.directory.takeBack(device.key.identity, false);
      assert.equal((await submitOne(batch)).status, 'accepted');
    });

    it('keys that are unknown, not final, for another purpose or of another profile', async () => {
      const stranger = createTestDevice();
      assert.deepEqual(await refusalOf(stranger.next()), ['key-unknown', 'header.keyId']);
      log.directory.enrol(stranger.key, { status: 'pending' });
      assert.deepEqual(await refusalOf(stranger.next()), ['key-pending', 'header.keyId']);
      log.directory.enrol(stranger.key, { purpose: 4 });
      assert.deepEqual(await refusalOf(stranger.next()), ['key-purpose', 'header.keyId']);
      assert.deepEqual(await refusalOf(device.next({ body: { profile: NO_HASH } })), [
        'profile-mismatch',
        'body.profile',
      ]);
    });

    it('devices of owners that are not admitted, by whoever owns them now', async () => {
      const guest = createTestDevice();
      const [identity, host] = [toHex(guest.key.identity), toHex(device.key.identity)];
      log.directory.enrol(guest.key);
      log.admission.admits = (owner) => owner !== identity;
      try {
        assert.deepEqual(await refusalOf(guest.next()), ['owner-not-admitted', 'header.author']);
        log.directory.own(guest.key.identity, device.key.identity);
        assert.notEqual(identity, host);
        assert.equal((await submitOne(guest.next())).status, 'accepted');
      } finally {
        log.admission.admits = () => true;
      }
    });

    it('signatures by another key, over another log, or altered', async () => {
      const impostor = secp256k1Key();
      const forged = createTestDevice({ ...device.key, sign: impostor.sign });
      assert.deepEqual(await refusalOf(forged.next()), ['signature-invalid', 'header.keyId']);
      const elsewhere = domainOf({ ...testDomain, chainId: 1n });
      assert.deepEqual(await refusalOf(device.next({ domain: elsewhere })), [
        'signature-invalid',
        'header.keyId',
      ]);
      const { authorPart, payload } = device.next();
      const cut = authorPart.slice();
      cut[cut.length - 1] = 29;
      assert.equal((await refusalOf({ authorPart: cut, payload }))[0], 'malformed');
      const algorithm = authorPart.slice();
      algorithm[algorithm.length - 66] = 3;
      assert.deepEqual(await refusalOf({ authorPart: algorithm, payload }), [
        'signature-invalid',
        'signature',
      ]);
    });

    it('a final block of another chain, and takes a claim that nobody can judge', async () => {
      const of = (number: bigint) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
      const claim = (notBeforeBlock: bigint, notBeforeHash: Uint8Array) =>
        device.next({ header: { notBeforeBlock, notBeforeHash } });
      assert.deepEqual(await refusalOf(claim(50n, of(51n))), ['wrong-chain', 'header.notBeforeHash']);
      const fresh = createTestDevice(device.key, 3);
      const taken = fresh.next({ header: { notBeforeBlock: 50n, notBeforeHash: of(50n) } });
      assert.equal((await submitOne(taken)).status, 'accepted');
      const recent = fresh.next({ header: { notBeforeBlock: 99n, notBeforeHash: of(1n) } });
      assert.equal((await submitOne(recent)).status, 'accepted');
    });
  });

  it('stops taking work when its queue is full, and when it closes', async () => {
    const narrow = createTestIngest(log, database, { maxQueuedStatements: 2 });
    const first = narrow.submit([device.next(), device.next()]);
    await assert.rejects(narrow.submit([device.next()]), { code: 'overloaded' });
    assert.equal((await first).length, 2);
    assert.deepEqual(narrow.queued(), { statements: 0, bytes: 0 });
    await narrow.close();
    await assert.rejects(narrow.submit([device.next()]), { code: 'closed' });
  });
});

const HEADER =
  'Header(address author,bytes32 keyId,uint32 lane,uint32 boot,uint64 sequence,bytes32 previous,uint64 timeMs,uint64 notBeforeBlock,bytes32 notBeforeHash)';
