import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { toHex } from '@gridseal/protocol/bytes';
import type { Ingest, Submission } from '../../../backend/features/ingest/types.ts';
import {
  createTestDevice,
  NO_HASH,
  p256Key,
  secp256k1Key,
  signStatement,
  type TestDevice,
} from '../../setup/devices.ts';
import { createTestIngest, createTestLog, type TestLog } from '../../setup/log-node.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

describe('statements that the past must bear out', () => {
  let test: TestDatabase;
  let log: TestLog;
  let ingest: Ingest;
  let device: TestDevice;

  before(async () => {
    test = await createTestDatabase();
    log = await createTestLog();
    ingest = createTestIngest(log, test.database);
  });
  after(async () => {
    await ingest.close();
    await test.close();
  });
  beforeEach(() => {
    device = createTestDevice();
    log.directory.enrol(device.key);
  });

  const submit = async (...submissions: Submission[]): Promise<string[]> =>
    (await ingest.submit(submissions)).map((result) =>
      result.status === 'refused' ? result.refusal.code : result.status,
    );
  const revoke = (lastGood: Uint8Array) =>
    log.directory.enrol(device.key, { status: 'revoked', revokedAt: 9n, lastGood: toHex(lastGood) });

  describe('given a revoked key', () => {
    it('refuses everything when no last good statement was named', async () => {
      const batch = device.next();
      revoke(NO_HASH);
      assert.deepEqual(await submit(batch), ['key-revoked']);
    });

    it('takes the last good statement and its ancestors, sent newest first', async () => {
      const spool = Array.from({ length: 5 }, () => device.next());
      revoke(spool[3]!.digest);
      assert.deepEqual(await submit(spool[2]!), ['lineage-unproven']);
      for (const i of [3, 2, 1, 0]) assert.deepEqual(await submit(spool[i]!), ['accepted']);
      assert.deepEqual(await submit(spool[4]!), ['lineage-unproven']);
    });

    it('takes a spool of ancestors that comes in one request, whatever their order', async () => {
      const spool = Array.from({ length: 6 }, () => device.next());
      revoke(spool[4]!.digest);
      const results = await submit(...spool);
      assert.deepEqual(results, [
        'accepted',
        'accepted',
        'accepted',
        'accepted',
        'accepted',
        'lineage-unproven',
      ]);
    });

    it('joins ancestors that arrived before the revocation', async () => {
      const spool = Array.from({ length: 6 }, () => device.next());
      assert.deepEqual(await submit(spool[4]!, spool[3]!, spool[1]!), ['accepted', 'accepted', 'accepted']);
      revoke(spool[4]!.digest);
      assert.deepEqual(await submit(spool[0]!), ['lineage-unproven']);
      assert.deepEqual(await submit(spool[2]!), ['accepted']);
      assert.deepEqual(await submit(spool[0]!), ['accepted']);
      assert.deepEqual(await submit(spool[5]!), ['lineage-unproven']);
    });

    it('refuses a statement that a thief backdates into the chain', async () => {
      const honest = device.next();
      const last = device.next();
      await submit(last);
      revoke(last.digest);
      const forged = createTestDevice(device.key).next();
      assert.deepEqual(await submit(forged), ['lineage-unproven']);
      assert.deepEqual(await submit(honest), ['accepted']);
    });
  });

  describe('given a boot after the first', () => {
    const resetOf = (
      owner: TestDevice['key'],
      lastKnown: Uint8Array,
      boot = 1,
      sequence = 0n,
      previous = NO_HASH,
    ) =>
      signStatement(
        owner,
        'Reset',
        { lane: 9, sequence, previous },
        { subject: device.key.identity, lane: 0, boot, lastKnown },
      );

    it('takes its statements once the owner has opened it, naming a statement that is known', async () => {
      const owner = secp256k1Key();
      log.directory.own(device.key.identity, owner.identity);
      const known = device.next();
      const after = createTestDevice(device.key);
      const first = after.next({ header: { boot: 1 } });
      assert.deepEqual(await submit(known, first), ['accepted', 'reset-missing']);
      assert.deepEqual(await submit(resetOf(owner, NO_HASH)), ['reset-unfounded']);
      assert.deepEqual(await submit(resetOf(device.key, known.digest)), ['key-unknown']);
      assert.deepEqual(await submit(resetOf(owner, known.digest), first), ['accepted', 'accepted']);
      assert.deepEqual(await submit(after.next({ header: { boot: 1 } })), ['accepted']);
      assert.deepEqual(await submit(after.next({ header: { boot: 2 } })), ['reset-missing']);
    });

    it('lets an identity that owns itself open it with its own key, P-256 as well', async () => {
      device = createTestDevice(p256Key());
      log.directory.enrol(device.key);
      const known = device.next();
      await submit(known);
      assert.deepEqual(await submit(resetOf(device.key, known.digest)), ['accepted']);
      const boot = createTestDevice(device.key).next({ header: { boot: 1 } });
      assert.deepEqual(await submit(boot), ['accepted']);
    });

    it('waits with it while the chain has forgotten who the owner is', async () => {
      const [before, now] = [secp256k1Key(), secp256k1Key()];
      const known = device.next();
      await submit(known);
      log.directory.own(device.key.identity, before.identity);
      log.directory.takeBack(device.key.identity, true);
      const reset = resetOf(before, known.digest);
      assert.deepEqual(await submit(reset), ['key-pending']);
      log.directory.own(device.key.identity, now.identity);
      log.directory.takeBack(device.key.identity, false);
      assert.deepEqual(await submit(reset), ['key-unknown']);
    });

    it('refuses a reset under a key that is not the owner’s own', async () => {
      const [owner, other] = [secp256k1Key(), secp256k1Key()];
      log.directory.own(device.key.identity, owner.identity);
      const known = device.next();
      await submit(known);
      const forged = resetOf({ ...other, identity: owner.identity }, known.digest);
      assert.deepEqual(await submit(forged), ['signature-invalid']);
    });
  });
});
