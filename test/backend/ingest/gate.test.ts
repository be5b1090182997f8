import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Database } from '../../../backend/adapters/postgres/database.ts';
import { createGate } from '../../../backend/features/ingest/gate.ts';
import { createIngestProbe } from '../../../backend/features/ingest/health.ts';
import { createTestDevice, type TestDevice } from '../../setup/devices.ts';
import { createTestIngest, createTestLog, type TestLog } from '../../setup/log-node.ts';
import { createTestDatabase } from '../../setup/postgres.ts';

describe('ingest, given a part behind it that is too far behind', () => {
  let database: Database;
  let close: () => Promise<void>;
  let log: TestLog;
  let device: TestDevice;

  before(async () => {
    ({ database, close } = await createTestDatabase());
    log = await createTestLog();
    device = createTestDevice();
    log.directory.enrol(device.key);
  });
  after(() => close());

  const behind = () => {
    const lag = { ms: 0 };
    const gate = createGate(0);
    gate.watch({ name: 'lag in ms', figure: async () => lag.ms, refuseAbove: 100 });
    return { lag, gate, ingest: createTestIngest(log, database, {}, undefined, gate) };
  };

  it('refuses new work, says why, and takes it again once the lag is well below its bound', async () => {
    const { lag, gate, ingest } = behind();
    const batch = device.next();
    lag.ms = 101;
    const reason = 'lag in ms is 101, at most 100 is allowed';
    await assert.rejects(ingest.submit([batch]), { code: 'overloaded', retryAfterSeconds: 5, reason });
    const probe = await createIngestProbe(ingest, gate).check();
    assert.deepEqual([probe.status, probe.figures?.refusing], ['failing', 1]);
    lag.ms = 90;
    await assert.rejects(ingest.submit([batch]), { code: 'overloaded' }, 'it does not flutter');
    lag.ms = 80;
    assert.equal((await ingest.submit([batch]))[0]?.status, 'accepted');
  });

  it('still answers what was taken before with its first receipt', async () => {
    const { lag, ingest } = behind();
    const [taken, fresh] = [device.next(), device.next()];
    const [first] = await ingest.submit([taken]);
    lag.ms = 101;
    const [again] = await ingest.submit([taken]);
    assert.ok(first?.status === 'accepted' && again?.status === 'duplicate');
    assert.deepEqual(again.receipt, first.receipt);
    await assert.rejects(ingest.submit([taken, fresh]), { code: 'overloaded' });
  });
});
