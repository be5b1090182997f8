import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import type { Config } from '../../../backend/config.ts';
import { Problem, type ProblemDocument } from '../../../backend/http/problem.ts';
import { type Route, defineRoute } from '../../../backend/http/route.ts';
import { type HttpServerOptions, startHttpServer } from '../../../backend/http/server.ts';
import { testLogger } from '../../setup/postgres.ts';

const CONFIG: Config['http'] = {
  host: '127.0.0.1',
  port: 0,
  maxBodyBytes: 4_096,
  requestTimeoutMs: 20_000,
  shutdownTimeoutMs: 20_000,
  keepAliveTimeoutMs: 75_000,
  trustedProxies: 0,
  rateLimits: { readPerMinute: undefined, writePerMinute: undefined },
};

const base = {
  tag: 'test',
  summary: 'test',
  permission: 'anyone',
  rate: 'read',
  origins: 'same',
  responses: {},
} as const;

const reading = z.strictObject({
  channel: z.number().int().min(0),
  unit: z.string().refine((unit) => unit === 'Wh', { params: { code: 'unknown-unit' }, message: 'only Wh' }),
});

const echo = defineRoute({
  ...base,
  method: 'post',
  path: '/echo/:id',
  operationId: 'echo',
  request: {
    params: z.object({ id: z.string().regex(/^\d+$/) }),
    query: z.strictObject({ page: z.coerce.number().int().optional() }),
    body: {
      json: z.strictObject({ readings: z.array(reading) }),
      bytes: { mediaTypes: ['application/vnd.test'] },
    },
  },
  handler: ({ params, query, body }) => ({
    status: 200,
    json: {
      params,
      query,
      body: body.kind === 'json' ? body.value : { mediaType: body.mediaType, length: body.bytes.length },
      big: 2n ** 64n,
    },
  }),
});

const start = async (t: TestContext, routes: readonly Route[], changes: Partial<HttpServerOptions> = {}) => {
  const server = await startHttpServer({
    config: CONFIG,
    logger: testLogger,
    routes,
    operatorToken: 'the-token',
    mappers: [],
    observe: () => undefined,
    ...changes,
  });
  t.after(() => server.close());
  return server;
};

const refusal = async (response: Response, status: number): Promise<ProblemDocument> => {
  assert.equal(response.status, status);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const document = (await response.json()) as ProblemDocument;
  assert.equal(document.status, status);
  assert.equal(document.requestId, response.headers.get('x-request-id'));
  return document;
};

const post = (url: string, body: string | Uint8Array<ArrayBuffer>, type = 'application/json') =>
  fetch(url, { method: 'POST', body, headers: { 'content-type': type } });

test('a valid request reaches its handler with typed values, and bigint leaves as a decimal string', async (t) => {
  const { url } = await start(t, [echo]);
  const response = await post(`${url}/echo/7?page=2`, '{"readings":[{"channel":1,"unit":"Wh"}]}');
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    params: { id: '7' },
    query: { page: 2 },
    body: { readings: [{ channel: 1, unit: 'Wh' }] },
    big: '18446744073709551616',
  });
  const bytes = await post(`${url}/echo/7`, new Uint8Array(300), 'application/vnd.test');
  assert.deepEqual(((await bytes.json()) as { body: unknown }).body, {
    mediaType: 'application/vnd.test',
    length: 300,
  });
});

test('every wrong field is named at once, with a code', async (t) => {
  const { url } = await start(t, [echo]);
  const response = await post(
    `${url}/echo/x?page=a&extra=1`,
    '{"readings":[{"channel":-1,"unit":"kWh"}],"more":1}',
  );
  const document = await refusal(response, 400);
  assert.equal(document.code, 'validation-failed');
  assert.deepEqual(
    document.errors?.map(({ field, code }) => [field, code]),
    [
      ['params.id', 'invalid-format'],
      ['query.page', 'invalid-type'],
      ['query', 'unrecognized-keys'],
      ['body.readings.0.channel', 'too-small'],
      ['body.readings.0.unit', 'unknown-unit'],
      ['body', 'unrecognized-keys'],
    ],
  );
});

test('each way a request can be wrong has its own code', async (t) => {
  const { url } = await start(t, [echo]);
  assert.equal((await refusal(await fetch(`${url}/nowhere`), 404)).code, 'not-found');
  const wrongMethod = await fetch(`${url}/echo/1`);
  assert.equal(wrongMethod.headers.get('allow'), 'POST');
  assert.equal((await refusal(wrongMethod, 405)).code, 'method-not-allowed');
  assert.equal((await refusal(await post(`${url}/echo/1`, '{'), 400)).code, 'malformed-json');
  assert.equal(
    (await refusal(await post(`${url}/echo/1`, 'a', 'text/plain'), 415)).code,
    'unsupported-media-type',
  );
  assert.equal(
    (await refusal(await fetch(`${url}/echo/1`, { method: 'POST' }), 415)).code,
    'unsupported-media-type',
  );
  assert.equal(
    (await refusal(await post(`${url}/echo/1`, new Uint8Array(5_000), 'application/vnd.test'), 413)).code,
    'body-too-large',
  );
  assert.equal(
    (await refusal(await post(`${url}/echo/1`, `"${'a'.repeat(5_000)}"`), 413)).code,
    'body-too-large',
  );
  assert.equal((await refusal(await post(`${url}/echo/%E0%A4%A`, '{}'), 400)).code, 'malformed-url');
});

test('an unexpected error says nothing of its cause, a mapped one keeps its meaning', async (t) => {
  const failing = (path: string, error: Error) =>
    defineRoute({
      ...base,
      method: 'get',
      path,
      operationId: path,
      request: {},
      handler: () => {
        throw error;
      },
    });
  const lost = new Error('connection to 10.0.0.7 lost');
  const { url } = await start(
    t,
    [failing('/secret', new Error('password is hunter2')), failing('/lost', lost)],
    {
      mappers: [
        (error) => (error === lost ? new Problem('unavailable', { retryAfterSeconds: 3 }) : undefined),
      ],
    },
  );
  const internal = await refusal(await fetch(`${url}/secret`), 500);
  assert.equal(internal.code, 'internal');
  assert.ok(!JSON.stringify(internal).includes('hunter2'));
  const unavailable = await fetch(`${url}/lost`);
  assert.equal(unavailable.headers.get('retry-after'), '3');
  assert.equal((await refusal(unavailable, 503)).code, 'unavailable');
});

const status = defineRoute({
  ...base,
  method: 'get',
  path: '/status',
  operationId: 'status',
  request: {},
  handler: () => ({ status: 200, mediaType: 'text/plain', content: 'ok' }),
});

test('a client over its limit is told when to come back, and others of its class alone are counted', async (t) => {
  const free = { ...status, path: '/free', rate: 'unlimited' } as const;
  const { url } = await start(t, [status, free], {
    config: { ...CONFIG, rateLimits: { readPerMinute: 2, writePerMinute: undefined } },
  });
  assert.equal((await fetch(`${url}/status`)).status, 200);
  assert.equal((await fetch(`${url}/status`)).status, 200);
  const third = await fetch(`${url}/status`);
  assert.equal((await refusal(third, 429)).code, 'rate-limited');
  const wait = Number(third.headers.get('retry-after'));
  assert.ok(wait >= 1 && wait <= 60);
  assert.equal((await fetch(`${url}/free`)).status, 200);
});

test('an operator route opens to its token only', async (t) => {
  const { url } = await start(t, [{ ...status, permission: 'operator' }]);
  const closed = await fetch(`${url}/status`);
  assert.equal(closed.headers.get('www-authenticate'), 'Bearer');
  assert.equal((await refusal(closed, 401)).code, 'unauthorized');
  const wrong = await fetch(`${url}/status`, { headers: { authorization: 'Bearer the-tokem' } });
  assert.equal(wrong.status, 401);
  const open = await fetch(`${url}/status`, { headers: { authorization: 'Bearer the-token' } });
  assert.equal(open.status, 200);
});

test('answers carry security headers; only routes meant for other origins can be read by them', async (t) => {
  const shared = { ...status, path: '/shared', origins: 'any' } as const;
  const { url } = await start(t, [status, shared]);
  const own = await fetch(`${url}/status`);
  assert.equal(own.headers.get('content-security-policy'), "default-src 'none';frame-ancestors 'none'");
  assert.equal(own.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(own.headers.get('x-powered-by'), null);
  assert.equal(own.headers.get('access-control-allow-origin'), null);
  assert.equal((await fetch(`${url}/shared`)).headers.get('access-control-allow-origin'), '*');
});

test('a handler that takes too long is told to stop and its client to come back', async (t) => {
  let aborted: unknown;
  const slow = defineRoute({
    ...base,
    method: 'get',
    path: '/slow',
    operationId: 'slow',
    request: {},
    handler: async ({ signal }) => {
      await once(signal, 'abort');
      aborted = signal.reason;
      return { status: 200, empty: true };
    },
  });
  const { url } = await start(t, [slow], { config: { ...CONFIG, requestTimeoutMs: 50 } });
  assert.equal((await refusal(await fetch(`${url}/slow`), 503)).code, 'timed-out');
  assert.ok(aborted instanceof Problem);
});

test('a stream is sent whole, and one that fails half-way breaks the connection', async (t) => {
  const streaming = (path: string, fails: Error | undefined) =>
    defineRoute({
      ...base,
      method: 'get',
      path,
      operationId: path,
      request: {},
      handler: () => ({
        status: 200,
        mediaType: 'application/octet-stream',
        content: (async function* () {
          yield new Uint8Array(70_000).fill(1);
          if (fails !== undefined) throw fails;
          yield new Uint8Array(70_000).fill(2);
        })(),
      }),
    });
  const { url } = await start(t, [streaming('/whole', undefined), streaming('/broken', new Error('disk'))]);
  assert.equal((await (await fetch(`${url}/whole`)).arrayBuffer()).byteLength, 140_000);
  await assert.rejects(fetch(`${url}/broken`).then((response) => response.arrayBuffer()));
});

test('closing lets a running request finish and takes no new one', async (t) => {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let entered: () => void = () => undefined;
  const running = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const held = defineRoute({
    ...base,
    method: 'get',
    path: '/held',
    operationId: 'held',
    request: {},
    handler: async () => {
      entered();
      await released;
      return { status: 200, json: 'done' };
    },
  });
  const server = await startHttpServer({
    config: CONFIG,
    logger: testLogger,
    routes: [held],
    operatorToken: 't',
    mappers: [],
    observe: () => undefined,
  });
  t.after(() => release());
  const answer = fetch(`${server.url}/held`);
  await running;
  const closed = server.close();
  const late = connect(server.port, '127.0.0.1');
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
  release();
  assert.equal(await (await answer).json(), 'done');
  await closed;
});

test('a busy port is named', async (t) => {
  const server = await start(t, [status]);
  await assert.rejects(start(t, [status], { config: { ...CONFIG, port: server.port } }), {
    code: 'port-busy',
  });
});

test('a request id is taken over when it is harmless and replaced when it is not', async (t) => {
  const { url } = await start(t, [status]);
  const kept = await fetch(`${url}/status`, { headers: { 'x-request-id': 'meter-17' } });
  assert.equal(kept.headers.get('x-request-id'), 'meter-17');
  const replaced = await fetch(`${url}/status`, { headers: { 'x-request-id': 'a b"c' } });
  assert.match(replaced.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
});

test('every answered request is observed under its declared path', async (t) => {
  const seen: string[] = [];
  const { url, port } = await start(t, [echo], {
    observe: ({ method, route, status: code }) => seen.push(`${method} ${route} ${code}`),
  });
  await (await post(`${url}/echo/1`, '{"readings":[]}')).text();
  const missing = httpRequest({ host: '127.0.0.1', port, path: '/nope' }).end();
  const [response] = (await once(missing, 'response')) as [NodeJS.ReadableStream];
  response.resume();
  await once(response, 'end');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(seen, ['POST /echo/:id 200', 'GET none 404']);
});

test('nothing is kept by a cache unless its route says so [D12]', async (t) => {
  const quiet = { ...base, method: 'get', request: {} } as const;
  const { url } = await start(t, [
    echo,
    defineRoute({ ...quiet, path: '/list', operationId: 'list', handler: () => ({ status: 200, json: [] }) }),
    defineRoute({
      ...quiet,
      path: '/kept',
      operationId: 'kept',
      handler: () => ({ status: 200, json: 1, headers: { 'Cache-Control': 'max-age=9' } }),
    }),
    defineRoute({
      ...quiet,
      path: '/later',
      operationId: 'later',
      handler: () => {
        throw new Problem('not-found');
      },
    }),
  ]);
  for (const [path, status, kept] of [
    ['/list', 200, 'no-store'],
    ['/later', 404, 'no-store'],
    ['/nowhere', 404, 'no-store'],
    ['/echo/7', 405, 'no-store'],
    ['/kept', 200, 'max-age=9'],
  ] as const) {
    const response = await fetch(`${url}${path}`);
    assert.deepEqual([response.status, response.headers.get('cache-control')], [status, kept], path);
  }
});

test('an idle connection outlives that of a balancer, and the time for headers does not end it [D10]', async (t) => {
  const list = defineRoute({
    ...base,
    method: 'get',
    path: '/list',
    operationId: 'list',
    request: {},
    handler: () => ({ status: 200, json: [] }),
  });
  const config = { ...CONFIG, requestTimeoutMs: 300 };
  const { port } = await start(t, [list], { config });
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  let answers = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answers += text;
  });
  const ask = async (count: number): Promise<void> => {
    socket.write('GET /list HTTP/1.1\r\nHost: x\r\n\r\n');
    while (answers.split('HTTP/1.1 200').length <= count) {
      assert.ok(!socket.closed, answers);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await ask(1);
  assert.ok(Number(/^Keep-Alive: timeout=(\d+)/imu.exec(answers)?.[1]) > 60, answers);
  // Longer than the time for headers and for a request, and than the server takes to look.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await ask(2);
});
