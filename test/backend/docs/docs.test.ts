import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { docsRoutes } from '../../../backend/features/docs/routes.ts';
import type { Overview } from '../../../backend/features/docs/overview.ts';
import type { OpenApiDocument } from '../../../backend/http/openapi.ts';
import type { Header } from '@gridseal/protocol';
import { defineRoute } from '../../../backend/http/route.ts';
import { serveRoutes } from '../../setup/http.ts';

const route = defineRoute({
  method: 'post',
  path: '/v1/things/:id',
  operationId: 'makeThing',
  tag: 'things',
  summary: 'Make <b>a</b> thing',
  permission: 'operator',
  rate: 'write',
  origins: 'same',
  request: { params: z.object({ id: z.string().describe('which "one"') }), body: { json: z.object({}) } },
  responses: { 201: { description: 'Made', content: { 'application/json': z.object({}) } } },
  handler: () => ({ status: 201, json: {} }),
});

const EMPTY: Overview = { logSize: 0n, provable: 0n, statements: [], devices: [], moreDevices: false };
const DIGEST = `0x${'ab'.repeat(32)}` as const;
const AUTHOR = `0x${'cd'.repeat(20)}` as const;

/** A log of one batch of a device whose unit is a text that could steer a page. */
const ONE_BATCH: Overview = {
  logSize: 9n,
  provable: 8n,
  statements: [
    {
      index: 7n,
      digest: DIGEST,
      author: AUTHOR,
      timeMs: BigInt(Date.UTC(2026, 5, 21, 10, 16)),
      channels: [{ channel: 1, quantity: 'active-power', scale: 0, sign: '+', unit: '<b>a</b>' }],
      statement: {
        kind: 'TelemetryBatch',
        header: {} as Header,
        body: {
          profile: new Uint8Array(32),
          startMs: BigInt(Date.UTC(2026, 5, 21, 10)),
          endMs: BigInt(Date.UTC(2026, 5, 21, 10, 15)),
          count: 2,
          readingsRoot: new Uint8Array(32),
          auxRoot: new Uint8Array(32),
        },
      },
    },
  ],
  devices: [{ identity: AUTHOR, status: 'active', channels: [] }],
  moreDevices: false,
};

const serve = async (t: TestContext, overview: Overview = EMPTY) => {
  const docs = docsRoutes({
    version: '1.0.0',
    routes: [route],
    facts: () => [{ name: 'Log', value: '<script>alert(1)</script>' }],
    signposts: [{ path: '/docs', note: 'the API' }],
    overview: () => Promise.resolve(overview),
  });
  const { url, close } = await serveRoutes([route, ...docs]);
  t.after(close);
  return url;
};

test('the document describes every route, the documentation included', async (t) => {
  const url = await serve(t);
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument;
  assert.deepEqual(Object.keys(document.paths), ['/v1/things/{id}', '/', '/docs', '/openapi.json']);
});

for (const path of ['/', '/docs'])
  test(`the page at ${path} runs no script, loads nothing, and escapes what it shows`, async (t) => {
    const url = await serve(t, ONE_BATCH);
    const response = await fetch(`${url}${path}`);
    const html = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    assert.match(policy, /^default-src 'none'/);
    assert.ok(policy.includes(`style-src 'sha256-${hash}'`));
    assert.ok(!/<script|<b>a|src=|url\(/i.test(html));
  });

test('the reference names each operation with its parameters', async (t) => {
  const html = await (await fetch(`${await serve(t)}/docs`)).text();
  for (const text of ['id="makeThing"', '/v1/things/{id}', 'which &quot;one&quot;', 'operator token'])
    assert.ok(html.includes(text), text);
});

test('the first page leads from a statement in words to its bundle in one click, and prints commands for it', async (t) => {
  const url = await serve(t, ONE_BATCH);
  const html = await (await fetch(`${url}/`)).text();
  for (const text of [
    '2 readings of active power (&lt;b&gt;a&lt;/b&gt;), measured 2026-06-21 10:00:00 to 10:15:00 UTC',
    `<a href="/v1/bundles/${DIGEST}" download=`,
    `npx gridseal bundle ${DIGEST} --url ${url} --out bundle.json --trust-out trust.json`,
    'href="/v1/statements?author=0xcdcd',
  ])
    assert.ok(html.includes(text), text);
});

test('the first page of an empty log says how a meter begins', async (t) => {
  const html = await (await fetch(`${await serve(t)}/`)).text();
  assert.match(html, /Nothing is in the log yet/);
  assert.match(html, /npx gridseal device create meter\.key\.json/);
});

test('the first page speaks Chinese to who prefers it', async (t) => {
  const url = await serve(t, ONE_BATCH);
  const inLanguage = async (language: string): Promise<string> =>
    (await fetch(`${url}/`, { headers: { 'accept-language': language } })).text();
  assert.match(await inLanguage('zh-CN,zh;q=0.9,en;q=0.8'), /<html lang="zh">[^]*2 个读数/);
  assert.match(await inLanguage('en-GB,zh;q=0.5'), /<html lang="en">/);
});
