import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CarReader } from '@ipld/car';

import { createDurableFiles } from '../../../backend/adapters/durable-file/durable-files.ts';
import { openDiskStore } from '../../../backend/adapters/ipfs/disk-store.ts';
import { linkList, rawBlock } from '../../../backend/content/blocks.ts';
import { walk } from '../../../backend/content/dag.ts';
import { payloadRoutes } from '../../../backend/features/payloads/routes.ts';
import { createSegments } from '../../../backend/features/payloads/segments.ts';
import { serveRoutes } from '../../setup/http.ts';
import { createTestDatabase, createTestFolder, type TestDatabase } from '../../setup/postgres.ts';

const RAW = { accept: 'application/vnd.ipld.raw' };
const leaves = Array.from({ length: 5 }, (_, index) => rawBlock(Buffer.from(`payload ${index}`)));
const { root, blocks: lists } = await linkList(leaves.map((leaf) => leaf.cid));
const held = new Map<string, Uint8Array>(
  [...lists, ...leaves].map((block) => [block.cid.toString(), block.bytes]),
);

let postgres: TestDatabase;
let folder: Awaited<ReturnType<typeof createTestFolder>>;
let server: Awaited<ReturnType<typeof serveRoutes>>;

before(async () => {
  [postgres, folder] = await Promise.all([createTestDatabase(), createTestFolder()]);
  const store = await openDiskStore({ folder: folder.path, files: createDurableFiles() });
  await store.importBlocks(
    root,
    walk(async (cid) => held.get(cid.toString()), root, 'all'),
  );
  const segments = createSegments(postgres.database);
  await segments.record({ fromIndex: 0n, toIndex: 5n, root, payloadCount: 5, payloadBytes: 45 });
  server = await serveRoutes(payloadRoutes({ store, segments }));
});
after(async () => {
  await server.close();
  await postgres.close();
  await folder.remove();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, { headers });
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

test('a block is served raw, for good, and only as bytes to be verified', async () => {
  const { cid, bytes } = leaves[0]!;
  for (const response of [
    await get(`/ipfs/${cid.toString()}`, RAW),
    await get(`/ipfs/${cid.toString()}?format=raw`),
  ]) {
    assert.equal(response.status, 200);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from(bytes));
    assert.equal(response.headers.get('content-type'), 'application/vnd.ipld.raw');
    assert.match(response.headers.get('cache-control') ?? '', /immutable/);
    assert.equal(response.headers.get('x-ipfs-roots'), cid.toString());
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
  }
});

test('a reader that has it already is told so', async () => {
  const { cid } = leaves[0]!;
  const etag = (await get(`/ipfs/${cid.toString()}`, RAW)).headers.get('etag') ?? '';
  const again = await get(`/ipfs/${cid.toString()}`, { ...RAW, 'if-none-match': etag });
  assert.equal(again.status, 304);
  assert.equal((await again.arrayBuffer()).byteLength, 0);
});

test('a DAG is served as a CAR, whole or its root alone', async () => {
  const whole = await get(`/ipfs/${root.toString()}`, { accept: 'application/vnd.ipld.car' });
  assert.match(whole.headers.get('content-type') ?? '', /^application\/vnd\.ipld\.car; version=1/);
  const car = await CarReader.fromBytes(new Uint8Array(await whole.arrayBuffer()));
  let blocks = 0;
  for await (const { cid, bytes } of car.blocks()) {
    assert.deepEqual(Buffer.from(bytes), Buffer.from(held.get(cid.toString())!));
    blocks += 1;
  }
  assert.equal(blocks, held.size);
  const alone = await get(`/ipfs/${root.toString()}?format=car&dag-scope=block`);
  const one = await CarReader.fromBytes(new Uint8Array(await alone.arrayBuffer()));
  assert.equal(await one.has(leaves[0]!.cid), false);
});

test('what is not served is refused by code', async () => {
  const { cid } = leaves[0]!;
  const unknown = rawBlock(Buffer.from('never stored')).cid;
  const cases: [path: string, status: number, code: string][] = [
    [`/ipfs/${cid.toString()}`, 400, 'format-not-supported'],
    ['/ipfs/nonsense?format=raw', 400, 'invalid-cid'],
    [`/ipfs/${cid.toString()}/a/b?format=raw`, 400, 'path-not-supported'],
    [`/ipfs/${unknown.toString()}?format=raw`, 404, 'not-found'],
    ['/v1/segments/1/car', 404, 'not-found'],
  ];
  for (const [path, status, code] of cases) {
    const response = await get(path);
    assert.deepEqual([response.status, await codeOf(response)], [status, code], path);
  }
});

test('what is not there is not there, whatever its reader has; and nobody keeps that [E12] [D12]', async () => {
  const unknown = rawBlock(Buffer.from('never stored either')).cid.toString();
  for (const tag of ['*', `"${unknown}.raw"`, `W/"${unknown}.raw"`]) {
    const response = await get(`/ipfs/${unknown}?format=raw`, { 'if-none-match': tag });
    assert.equal(response.status, 404, tag);
    assert.equal(response.headers.get('cache-control'), 'no-store');
  }
  const onlyHere = { 'cache-control': 'only-if-cached' };
  assert.equal((await get(`/ipfs/${unknown}?format=raw`, onlyHere)).status, 412);
});

test('a form that is not ours is refused instead of another being sent [E12]', async () => {
  const of = `/ipfs/${root.toString()}`;
  const car = 'application/vnd.ipld.car';
  const cases: [path: string, headers: Record<string, string>, status: number][] = [
    [of, { accept: `${car}; dups=y` }, 406],
    [of, { accept: `${car}; version=2` }, 406],
    [`${of}?format=car&car-version=2`, {}, 406],
    [`${of}?format=car&car-dups=y`, {}, 406],
    [of, { accept: 'application/vnd.ipld.raw;q=0' }, 406],
    [`${of}?format=car`, { range: 'bytes=0-9' }, 501],
    [`${of}/payloads?format=car`, {}, 501],
    [of, { accept: `${car}; version=1; order=dfs; dups=n` }, 200],
  ];
  for (const [path, headers, status] of cases) {
    const response = await get(path, headers);
    assert.equal(response.status, status, `${path} ${JSON.stringify(headers)}`);
    await response.arrayBuffer();
  }
});

test('one range of a block is served as what it is [E12]', async () => {
  const { cid, bytes } = leaves[0]!;
  const ask = (range: string, more = {}) => get(`/ipfs/${cid.toString()}?format=raw`, { range, ...more });
  for (const [range, first, last] of [
    ['bytes=0-3', 0, 3],
    ['bytes=4-', 4, bytes.length - 1],
    ['bytes=-2', bytes.length - 2, bytes.length - 1],
    ['bytes=0-999', 0, bytes.length - 1],
  ] as const) {
    const response = await ask(range);
    assert.equal(response.status, 206, range);
    assert.equal(response.headers.get('content-range'), `bytes ${first}-${last}/${bytes.length}`);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from(bytes.subarray(first, last + 1)));
  }
  const beyond = await ask('bytes=999-');
  assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${bytes.length}`]);
  assert.equal((await ask('bytes=0-1,3-4')).status, 501);
  for (const ignored of ['lines=0-1', 'bytes=x-y', 'bytes=3-1'])
    assert.equal((await ask(ignored)).status, 200);
  assert.equal((await ask('bytes=0-3', { 'if-range': '"another"' })).status, 200);
});

test('nothing is walked for an answer to HEAD', async () => {
  const response = await fetch(`${server.url}/v1/segments/0/car`, { method: 'HEAD' });
  assert.equal(response.status, 200);
  assert.equal(
    response.headers.get('content-type'),
    'application/vnd.ipld.car; version=1; order=dfs; dups=n',
  );
});

test('a probe with an inlined block is answered, as gateway checkers ask', async () => {
  const response = await get('/ipfs/bafkqaaa?format=raw');
  assert.equal(response.status, 200);
  assert.equal((await response.arrayBuffer()).byteLength, 0);
});

test('segments are listed and export as one CAR', async () => {
  const listed = (await (await get('/v1/segments')).json()) as {
    segments: { from: string; to: string; root: string }[];
  };
  assert.deepEqual(listed.segments, [{ from: '0', to: '5', root: root.toString(), payloads: 5, bytes: 45 }]);
  const car = await CarReader.fromBytes(
    new Uint8Array(await (await get('/v1/segments/0/car')).arrayBuffer()),
  );
  assert.deepEqual((await car.getRoots()).map(String), [root.toString()]);
  assert.equal(await car.has(leaves[4]!.cid), true);
});
