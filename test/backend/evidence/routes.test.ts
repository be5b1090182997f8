import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeEntry, digest, domainOf, toHex, type Hex } from '@gridseal/protocol';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';

import { createBatchKeys } from '../../../backend/adapters/keys/batch-keys.ts';
import { EvidenceError } from '../../../backend/features/evidence/errors.ts';
import { createBatchOpener } from '../../../backend/features/evidence/readings.ts';
import { evidenceRoutes, toEvidenceProblem } from '../../../backend/features/evidence/routes.ts';
import type { Bundles } from '../../../backend/features/evidence/types.ts';
import { serveRoutes } from '../../setup/http.ts';
import { createMemoryLog } from '../../setup/memory-log.ts';
import { createMemoryStore } from '../../setup/memory-store.ts';
import { sealChain, TEST_PERIOD } from '../../setup/statements.ts';

const OPERATOR = { authorization: 'Bearer test' };
const domain = domainOf({
  chainId: 31337n,
  evidenceLog: new Uint8Array(20).fill(2),
  logId: new Uint8Array(32).fill(3),
});
const batches = sealChain({ key: deviceKeyFrom('secp256k1', new Uint8Array(32).fill(1)), domain }, 2);
const log = createMemoryLog({
  origin: 'gridseal.test/0/0',
  digestOf: (entry) => digest(decodeEntry(entry).authorPart, domain),
});
log.append(...batches.map((batch) => batch.entry));
const [first] = batches;
const name: Hex = toHex(first!.digest);

const asked: Parameters<Bundles['build']>[1][] = [];
let keyDestroyed = false;
let server: Awaited<ReturnType<typeof serveRoutes>>;

before(async () => {
  const opener = createBatchOpener({
    source: { payloadOf: async () => first!.payload },
    store: createMemoryStore(),
    batchKeys: createBatchKeys({
      find: async () => (keyDestroyed ? undefined : TEST_PERIOD.key),
      rewrapped: async () => undefined,
    }),
    isErased: async () => false,
  });
  const bundles: Bundles = {
    build: async (_digest, options) => {
      asked.push(options);
      if (options.coverage === 'anchored') throw new EvidenceError('not-anchored', 'entry 0 waits');
      return new TextEncoder().encode('{}');
    },
  };
  server = await serveRoutes(
    evidenceRoutes({ bundles, search: async () => ({ statements: [], next: 7n }), opener, log }),
    [toEvidenceProblem],
  );
});
after(() => server.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, { headers });
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

test('a bundle that is not anchored is a conflict that names the stage, unless allowed', async () => {
  const refused = await get(`/v1/bundles/${name}`);
  assert.deepEqual([refused.status, await codeOf(refused)], [409, 'not-anchored']);
  const allowed = await get(`/v1/bundles/${name}?allow=unanchored`);
  assert.deepEqual([allowed.status, await allowed.text()], [200, '{}']);
  assert.deepEqual(
    asked.map((options) => options.coverage),
    ['anchored', 'anchored-or-checkpoint'],
  );
});

test('readings and disclosures are for the operator only', async () => {
  assert.equal((await get(`/v1/readings/${name}`)).status, 401);
  const stranger = await fetch(`${server.url}/v1/disclosures`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ digest: name, indices: [0] }),
  });
  assert.equal(stranger.status, 401);
});

test('the owner reads the readings as they were signed', async () => {
  const response = await get(`/v1/readings/${name}`, OPERATOR);
  assert.equal(response.status, 200);
  const { readings } = (await response.json()) as { readings: { value: string }[] };
  assert.equal(readings.length, first!.readings.length);
});

test('a destroyed key is gone, an unknown statement not found', async () => {
  keyDestroyed = true;
  const gone = await get(`/v1/readings/${name}`, OPERATOR);
  assert.deepEqual([gone.status, await codeOf(gone)], [410, 'payload-closed']);
  const unknown = await get(`/v1/readings/0x${'00'.repeat(32)}`, OPERATOR);
  assert.deepEqual([unknown.status, await codeOf(unknown)], [404, 'statement-unknown']);
});

test('a search answers its page and the cursor of the next', async () => {
  const response = await get('/v1/statements?kind=Gap&limit=5');
  assert.deepEqual(await response.json(), { statements: [], next: '7' });
  const wrong = await get('/v1/statements?kind=Rumour&author=0x12&from=-1');
  const { errors } = (await wrong.json()) as { errors: { field: string }[] };
  assert.deepEqual(errors.map((error) => error.field).sort(), ['query.author', 'query.from', 'query.kind']);
});
