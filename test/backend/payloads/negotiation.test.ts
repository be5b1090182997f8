import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rawBlock } from '../../../backend/content/blocks.ts';
import {
  gatewayHeaders,
  GatewayError,
  parseGatewayRequest,
  type GatewayErrorCode,
} from '../../../backend/features/payloads/negotiation.ts';

const cid = rawBlock(Uint8Array.of(1)).cid.toString();
const RAW = 'application/vnd.ipld.raw';
const CAR = 'application/vnd.ipld.car';

const ask = (request: { accept?: string; query?: Record<string, unknown>; cid?: string; path?: string }) =>
  parseGatewayRequest({
    cid: request.cid ?? cid,
    path: request.path ?? '',
    accept: request.accept,
    query: request.query ?? {},
  });

test('format comes from the query first, then from Accept', () => {
  assert.equal(ask({ accept: RAW }).format, 'raw');
  assert.equal(ask({ accept: `text/html, ${CAR};version=1;order=dfs;dups=n` }).format, 'car');
  assert.equal(ask({ accept: CAR, query: { format: 'raw' } }).format, 'raw');
});

test('a CAR carries the whole DAG unless a scope says less', () => {
  assert.deepEqual({ ...ask({ accept: CAR }), cid: '' }, { format: 'car', cid: '', scope: 'all' });
  const block = ask({ accept: CAR, query: { 'dag-scope': 'block' } });
  assert.ok(block.format === 'car' && block.scope === 'block');
});

test('what a trustless gateway does not serve is refused by name', () => {
  const refused: [Parameters<typeof ask>[0], GatewayErrorCode][] = [
    [{ cid: 'bafynonsense', accept: RAW }, 'invalid-cid'],
    [{}, 'format-not-supported'],
    [{ accept: 'text/html' }, 'format-not-supported'],
    [{ accept: `${CAR};version=2` }, 'format-not-supported'],
    [{ query: { format: 'tar' } }, 'format-not-supported'],
    [{ accept: RAW, path: 'a/b' }, 'path-not-supported'],
    [{ accept: CAR, query: { 'dag-scope': 'most' } }, 'scope-not-supported'],
  ];
  for (const [request, code] of refused) {
    assert.throws(
      () => ask(request),
      (error) => error instanceof GatewayError && error.code === code,
      code,
    );
  }
});

test('answers may be cached for good and name what they hold', () => {
  const raw = gatewayHeaders(ask({ accept: RAW }));
  assert.equal(raw.ETag, `"${cid}.raw"`);
  assert.equal(raw['Content-Type'], RAW);
  assert.match(raw['Cache-Control'] ?? '', /immutable/);
  const car = gatewayHeaders(ask({ accept: CAR }));
  assert.match(car['Content-Type'] ?? '', /order=dfs; dups=n/);
  assert.notEqual(car.ETag, raw.ETag);
});
