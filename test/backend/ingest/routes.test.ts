import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { toHex } from '@gridseal/protocol/bytes';
import { encodeIngestBody, INGEST_MEDIA_TYPE } from '@gridseal/protocol/payload/ingest-body';
import { readingsOf } from '@gridseal/protocol/readings/block';
import { decodeColumnar } from '@gridseal/protocol/readings/columnar';
import { readingsToJson } from '@gridseal/protocol/readings/json';
import { decodeAuthorPart } from '@gridseal/protocol/statement/codec';
import { statementToJson } from '@gridseal/protocol/statement/json';
import { createGate } from '../../../backend/features/ingest/gate.ts';
import { ingestRoutes, toIngestProblem } from '../../../backend/features/ingest/routes.ts';
import type { Ingest } from '../../../backend/features/ingest/types.ts';
import { createTestDevice, testDomain, type SignedSubmission, type TestDevice } from '../../setup/devices.ts';
import { serveRoutes } from '../../setup/http.ts';
import { createTestIngest, createTestLog, type TestLog } from '../../setup/log-node.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

type Result = {
  status: string;
  digest: string | null;
  code?: string;
  field?: string;
  retryable?: boolean;
  receipt?: { digest: string };
};

describe('POST /v1/batches', () => {
  let test: TestDatabase;
  let log: TestLog;
  let ingest: Ingest;
  let url: string;
  let close: () => Promise<void>;
  let device: TestDevice;
  const logId = toHex(testDomain.logId);

  before(async () => {
    test = await createTestDatabase();
    log = await createTestLog();
    ingest = createTestIngest(log, test.database);
    ({ url, close } = await serveRoutes(ingestRoutes({ ingest, logId, maxBatches: 8 }), [toIngestProblem]));
  });
  after(async () => {
    await close();
    await ingest.close();
    await test.close();
  });
  beforeEach(() => {
    device = createTestDevice();
    log.directory.enrol(device.key);
  });

  const post = async (
    body: Uint8Array | string,
    contentType: string,
    headers: Record<string, string> = {},
  ) => {
    const init = { method: 'POST', body, headers: { 'content-type': contentType, ...headers } };
    const response = await fetch(`${url}/v1/batches`, init);
    return {
      response,
      body: (await response.json()) as {
        results: Result[];
        code?: string;
        errors?: { field: string; code: string }[];
      },
    };
  };
  const compact = (batches: readonly SignedSubmission[]) =>
    encodeIngestBody(batches.map(({ authorPart, payload }) => ({ authorPart, ...payload! })));
  const json = ({ authorPart, payload }: SignedSubmission) => ({
    statement: statementToJson(decodeAuthorPart(authorPart)),
    batchKey: toHex(payload!.batchKey),
    readings: readingsToJson(readingsOf(decodeColumnar(payload!.columnar))),
  });

  it('takes the compact body and answers one result a batch, in order', async () => {
    const [a, b] = [device.next(), device.next()];
    const { response, body } = await post(compact([a, createTestDevice().next(), b]), INGEST_MEDIA_TYPE);
    assert.equal(response.status, 200);
    assert.deepEqual(
      body.results.map(({ status, code }) => code ?? status),
      ['accepted', 'key-unknown', 'accepted'],
    );
    assert.deepEqual(
      [body.results[0]!.digest, body.results[2]!.receipt!.digest],
      [toHex(a.digest), toHex(b.digest)],
    );
  });

  it('takes the same batch as JSON, and knows it again', async () => {
    const batch = device.next();
    const first = await post(JSON.stringify({ batches: [json(batch)] }), 'application/json');
    assert.equal(first.body.results[0]!.status, 'accepted');
    const second = await post(compact([batch]), INGEST_MEDIA_TYPE);
    assert.equal(second.body.results[0]!.status, 'duplicate');
    assert.deepEqual(second.body.results[0]!.receipt, first.body.results[0]!.receipt);
  });

  it('refuses what is malformed in one JSON batch and takes the others', async () => {
    const good = json(device.next());
    const broken = json(device.next());
    const batches = [
      good,
      7,
      { ...broken, batchKey: '0xzz' },
      { ...broken, extra: 1 },
      { ...broken, readings: [] },
      { statement: broken.statement },
    ];
    const { body } = await post(JSON.stringify({ batches }), 'application/json');
    assert.deepEqual(
      body.results.map(({ status, code, field }) => (code === undefined ? status : `${code} ${field}`)),
      [
        'accepted',
        'malformed batch',
        'malformed batchKey',
        'malformed batch.extra',
        'malformed readings',
        'malformed readings',
      ],
    );
  });

  it('tells a statement for another log apart from a bad signature', async () => {
    const other = `0x${'99'.repeat(32)}`;
    const batch = device.next();
    const inHeader = await post(compact([batch]), INGEST_MEDIA_TYPE, { 'gridseal-log': other });
    assert.deepEqual(
      [inHeader.body.results[0]!.code, inHeader.body.results[0]!.field],
      ['wrong-log', 'logId'],
    );
    const inBody = await post(JSON.stringify({ logId: other, batches: [json(batch)] }), 'application/json');
    assert.equal(inBody.body.results[0]!.code, 'wrong-log');
    const ours = await post(JSON.stringify({ logId, batches: [json(batch)] }), 'application/json');
    assert.equal(ours.body.results[0]!.status, 'accepted');
  });

  it('refuses a whole request that has no form, too many batches or another content type', async () => {
    const tooMany = await post(compact(Array.from({ length: 9 }, () => device.next())), INGEST_MEDIA_TYPE);
    assert.deepEqual([tooMany.response.status, tooMany.body.errors![0]!.code], [400, 'too-many-batches']);
    const cut = await post(compact([device.next()]).slice(0, -5), INGEST_MEDIA_TYPE);
    assert.deepEqual([cut.response.status, cut.body.code], [400, 'validation-failed']);
    assert.match(cut.body.errors![0]!.field, /^body\.batches\[0\]/);
    assert.equal((await post('{"batches":[]}', 'application/json')).response.status, 400);
    assert.equal((await post('{', 'application/json')).response.status, 400);
    assert.equal((await post('x', 'text/plain')).response.status, 415);
  });

  it('answers 503 with Retry-After when it takes no more', async () => {
    await ingest.submit([device.next()]);
    const gate = createGate();
    gate.watch({ name: 'lag', figure: async () => 2, refuseAbove: 1 });
    const full = createTestIngest(log, test.database, {}, undefined, gate);
    const narrow = await serveRoutes(ingestRoutes({ ingest: full, logId, maxBatches: 8 }), [toIngestProblem]);
    const response = await fetch(`${narrow.url}/v1/batches`, {
      method: 'POST',
      body: compact([device.next()]),
      headers: { 'content-type': INGEST_MEDIA_TYPE },
    });
    const { detail } = (await response.json()) as { detail: string };
    assert.equal(detail, 'lag is 2, at most 1 is allowed');
    await narrow.close();
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5']);
  });
});
