import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { createOpenApi } from '../../../backend/http/openapi.ts';
import { defineRoute } from '../../../backend/http/route.ts';

const tile = defineRoute({
  method: 'get',
  path: '/log/tile/:level/*path',
  operationId: 'getTile',
  tag: 'log',
  summary: 'A tile',
  permission: 'anyone',
  rate: 'unlimited',
  origins: 'any',
  request: {
    params: z.object({ level: z.string().describe('tree level'), path: z.array(z.string()) }),
    query: z.object({ width: z.coerce.number().int().min(1).optional(), at: z.string() }),
  },
  responses: { 200: { description: 'Hashes', content: { 'application/octet-stream': 'bytes' } } },
  handler: () => ({ status: 204, empty: true }),
});

const seal = defineRoute({
  method: 'post',
  path: '/v1/seals',
  operationId: 'seal',
  tag: 'seals',
  summary: 'Seal',
  permission: 'operator',
  rate: 'write',
  origins: 'same',
  request: {
    body: {
      json: z.strictObject({ size: z.string().transform(BigInt) }),
      bytes: { mediaTypes: ['application/vnd.seal'] },
    },
  },
  responses: {
    201: { description: 'Sealed', content: { 'application/json': z.object({ id: z.string() }) } },
  },
  handler: () => ({ status: 201, json: { id: 'a' } }),
});

test('a document says everything the declarations say', () => {
  const document = createOpenApi([tile, seal], '1.2.3');
  assert.equal(document.openapi, '3.1.0');
  assert.equal(document.info.version, '1.2.3');
  assert.deepEqual(document.tags, [{ name: 'log' }, { name: 'seals' }]);
  const get = document.paths['/log/tile/{level}/{path}']?.get;
  assert.ok(get !== undefined);
  assert.deepEqual(
    get.parameters?.map(({ name, in: place, required }) => [name, place, required]),
    [
      ['level', 'path', true],
      ['path', 'path', true],
      ['width', 'query', false],
      ['at', 'query', true],
    ],
  );
  assert.equal(get.parameters[0]?.description, 'tree level');
  const post = document.paths['/v1/seals']?.post;
  assert.ok(post !== undefined);
  assert.deepEqual(Object.keys(post.requestBody?.content ?? {}), [
    'application/vnd.seal',
    'application/json',
  ]);
  assert.deepEqual(post.requestBody?.content['application/json']?.schema, {
    type: 'object',
    properties: { size: { type: 'string' } },
    required: ['size'],
    additionalProperties: false,
  });
  assert.deepEqual(post.security, [{ operatorToken: [] }]);
  assert.deepEqual(Object.keys(post.responses), ['201', 'default']);
});

test('two routes of one name are refused', () => {
  assert.throws(() => createOpenApi([tile, tile], '1'), TypeError);
});
