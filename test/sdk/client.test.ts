import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import {
  createGridsealClient,
  disclose,
  getBundle,
  getReceipt,
  SdkError,
  ServiceError,
  untilArchived,
} from '@gridseal/sdk';

const digest = `0x${'ab'.repeat(32)}` as const;

const serve = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const failure = async (work: Promise<unknown>): Promise<SdkError> => {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof SdkError);
  return error;
};

test('a refusal carries the problem, its fields and the time to wait', async (t) => {
  const url = await serve(t, (_request, response) => {
    response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '7' });
    const errors = [{ field: 'digest', code: 'too-many', message: 'asked too often' }];
    response.end(JSON.stringify({ code: 'rate-limited', status: 429, title: 'Too many requests', errors }));
  });
  const error = await failure(getReceipt(createGridsealClient({ url }), { digest }));
  assert.ok(error instanceof ServiceError);
  assert.equal(error.code, 'refused');
  assert.equal(error.retryable, true);
  assert.equal(error.retryAfterS, 7);
  assert.equal(error.problem.code, 'rate-limited');
  assert.match(error.message, /digest: asked too often/u);
});

test('an answer that is no problem document is still an error with its status', async (t) => {
  const url = await serve(t, (_request, response) => {
    response.writeHead(404).end('<html>no such page</html>');
  });
  const error = await failure(getReceipt(createGridsealClient({ url }), { digest }));
  assert.equal(error.code, 'not-found');
  assert.equal(error.retryable, false);
});

test('an answer of another shape is named, with what was expected', async (t) => {
  const url = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ digest, stage: 'perhaps', sequenced: null, anchored: null }));
  });
  const error = await failure(getReceipt(createGridsealClient({ url }), { digest }));
  assert.equal(error.code, 'unexpected-answer');
  assert.match(error.message, /stage/u);
});

test('no answer is a timeout, no service is unreachable; both are worth another try', async (t) => {
  const url = await serve(t, () => undefined);
  const late = await failure(getReceipt(createGridsealClient({ url, timeoutMs: 50 }), { digest }));
  assert.equal(late.code, 'timeout');
  assert.equal(late.retryable, true);
  const nowhere = createGridsealClient({ url: 'http://127.0.0.1:1' });
  const absent = await failure(getReceipt(nowhere, { digest }));
  assert.equal(absent.code, 'unreachable');
  assert.equal(absent.retryable, true);
});

test('a disclosure sends the token as a bearer and the indices asked for', async (t) => {
  const asked: { authorization?: string | undefined; body: string }[] = [];
  const url = await serve(t, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, body: Buffer.concat(parts).toString() });
      response.end('bytes');
    });
  });
  const client = createGridsealClient({ url: `${url}/` });
  const bytes = await disclose(client, { digest, indices: [0, 5], token: 'secret' });
  assert.equal(new TextDecoder().decode(bytes), 'bytes');
  assert.deepEqual(asked, [
    { authorization: 'Bearer secret', body: JSON.stringify({ digest, indices: [0, 5] }) },
  ]);
});

test('a bundle whose anchor is not archived yet is asked for again, another refusal is not', async (t) => {
  const codes = ['not-sequenced', 'not-anchored', undefined, 'withheld'];
  let asked = 0;
  const url = await serve(t, (_request, response) => {
    const code = codes[asked];
    asked += 1;
    response.writeHead(code === undefined ? 200 : 409);
    response.end(code === undefined ? 'bytes' : JSON.stringify({ code, status: 409, title: 'no' }));
  });
  const client = createGridsealClient({ url });
  const ask = () => getBundle(client, { digest });
  assert.equal(new TextDecoder().decode(await untilArchived(ask, { pauseMs: 1 })), 'bytes');
  assert.equal(asked, 3);
  assert.match((await failure(untilArchived(ask, { pauseMs: 1 }))).message, /withheld/u);
  assert.equal(asked, 4);
});
