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
  const published: { topic: string; answer: Answer }[] = [];
  let deliver: (author: string, payload: Uint8Array) => Promise<void>;

  before(async () => {
    test = await createTestDatabase();
    log = await createTestLog();
    await serveMqtt({
      messaging: {
        subscribe: (prefix, handle) => {
          assert.equal(prefix, 'gridseal/v1/batches');
          deliver = handle;
          return Promise.resolve();
        },
        publish: (topic, payload) => {
          published.push({ topic, answer: JSON.parse(payload) as Answer });
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
  const answerTo = async (payload: Uint8Array): Promise<Answer> => {
    await deliver('0xabc', payload);
    const { topic, answer } = published.pop()!;
    assert.equal(topic, 'gridseal/v1/results/0xabc');
    return answer;
  };

  it('publishes one result a batch to the author that sent them', async () => {
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
