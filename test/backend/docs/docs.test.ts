import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { docsRoutes } from '../../../backend/features/docs/routes.ts';
import type { OpenApiDocument } from '../../../backend/http/openapi.ts';
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

const serve = async (t: TestContext) => {
  const docs = docsRoutes({
    version: '1.0.0',
    routes: [route],
    facts: () => [{ name: 'Log', value: '<script>alert(1)</script>' }],
    signposts: [{ path: '/docs', note: 'the API' }],
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
    const url = await serve(t);
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
