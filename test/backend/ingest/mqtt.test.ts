import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { toHex } from '@gridseal/protocol/bytes';
import { encodeIngestBody } from '@gridseal/protocol/payload/ingest-body';
import { serveMqtt } from '../../../backend/features/ingest/mqtt.ts';
import { createTestDevice, testDomain, type SignedSubmission } from '../../setup/devices.ts';
import { createTestIngest, createTestLog, type TestLog } from '../../setup/log-node.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

type Answer = { results?: { status: string; code?: string }[]; error?: { code: string; message: string } };

describe('ingest over MQTT', () => {
  let test: TestDatabase;
  let log: TestLog;
  let deliver: (payload: Uint8Array) => Promise<string>;

  before(async () => {
    test = await createTestDatabase();
    log = await createTestLog();
    await serveMqtt({
      messaging: {
        serve: ({ requests, answers, handle }) => {
          assert.deepEqual([requests, answers], ['gridseal/v1/batches', 'gridseal/v1/results']);
          deliver = handle;
          return Promise.resolve();
        },
      },
      ingest: createTestIngest(log, test.database),
      logId: toHex(testDomain.logId),
      maxBatches: 3,
    });
  });
  after(() => test.close());

  const bodyOf = (batches: readonly SignedSubmission[]) =>
    encodeIngestBody(batches.map(({ authorPart, payload }) => ({ authorPart, ...payload! })));
  const answerTo = async (payload: Uint8Array): Promise<Answer> =>
    JSON.parse(await deliver(payload)) as Answer;

  it('answers with one result a batch', async () => {
    const device = createTestDevice();
    log.directory.enrol(device.key);
    const batch = device.next();
    const body = bodyOf([batch, createTestDevice().next()]);
    const { results } = await answerTo(body);
    assert.deepEqual(
      results?.map(({ status, code }) => code ?? status),
      ['accepted', 'key-unknown'],
    );
    const again = await answerTo(bodyOf([batch]));
    assert.equal(again.results?.[0]?.status, 'duplicate');
  });

  it('says why it took nothing of a message', async () => {
    assert.equal((await answerTo(Uint8Array.of(1, 2, 3))).error?.code, 'malformed');
    const device = createTestDevice();
    const many = bodyOf(Array.from({ length: 4 }, () => device.next()));
    assert.equal((await answerTo(many)).error?.code, 'too-many-batches');
  });
});
