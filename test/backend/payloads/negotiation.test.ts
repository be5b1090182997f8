import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rawBlock } from '../../../backend/content/blocks.ts';
import {
  gatewayHeaders,
  GatewayError,
  parseGatewayRequest,
  type GatewayErrorCode,
  type GatewayQuery,
} from '../../../backend/features/payloads/negotiation.ts';

const cid = rawBlock(Uint8Array.of(1)).cid.toString();
const RAW = 'application/vnd.ipld.raw';
const CAR = 'application/vnd.ipld.car';

const ask = (request: { accept?: string; query?: GatewayQuery; cid?: string; path?: string }) =>
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
    [{ accept: '*/*' }, 'format-not-supported'],
    [{ accept: 'text/html' }, 'not-acceptable'],
    [{ accept: `${CAR};version=2` }, 'not-acceptable'],
    [{ accept: CAR, path: 'a/b' }, 'not-implemented'],
    [{ accept: CAR, query: { 'entity-bytes': '0-9' } }, 'scope-not-supported'],
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

test('the form that is liked best is served; one that is not wanted, or not ours, is not [E12]', () => {
  assert.equal(ask({ accept: `${RAW};q=0.1, ${CAR}` }).format, 'car');
  assert.equal(ask({ accept: `${CAR};dups=y, ${CAR};order=dfs;dups=n;q=0.5` }).format, 'car');
  for (const request of [
    { accept: `${RAW};q=0` },
    { accept: `${CAR};q=0, text/html` },
    { accept: `${CAR}; dups=y` },
    { accept: `${CAR}; order="rnd"` },
    { accept: `${CAR}; dups=n`, query: { 'car-dups': 'y' } },
    { query: { format: 'car', 'car-version': '2' } },
    { query: { format: 'car' }, accept: `${CAR};dups=y` },
  ] as const)
    assert.throws(
      () => ask(request),
      (error) => error instanceof GatewayError && error.code === 'not-acceptable',
      JSON.stringify(request),
    );
  const wanted = ask({ accept: `${CAR}; dups=y`, query: { 'car-dups': 'n', 'entity-bytes': '0:*' } });
  assert.ok(wanted.format === 'car' && wanted.scope === 'entity');
});

test('answers may be cached for good and name what they hold', () => {
  const raw = gatewayHeaders(ask({ accept: RAW }), false);
  assert.equal(raw.ETag, `"${cid}.raw"`);
  assert.equal(raw['Content-Type'], RAW);
  assert.match(raw['Cache-Control'] ?? '', /immutable/);
  const car = gatewayHeaders(ask({ accept: CAR }), false);
  assert.match(car['Content-Type'] ?? '', /order=dfs; dups=n/);
  assert.notEqual(car.ETag, raw.ETag);
});
