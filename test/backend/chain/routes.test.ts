import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatProfile, profileHash, toHex, type Hex } from '@gridseal/protocol';

import { createDeviceSearch } from '../../../backend/features/chain/device-search.ts';
import { createDirectory } from '../../../backend/features/chain/directory.ts';
import { applyStretch } from '../../../backend/features/chain/follower-store.ts';
import { createProfiles } from '../../../backend/features/chain/profiles.ts';
import { chainRoutes } from '../../../backend/features/chain/routes.ts';
import type { BlockRef } from '../../../backend/features/chain/types.ts';
import { serveRoutes } from '../../setup/http.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

const block: BlockRef = { number: 1n, hash: `0x${'01'.repeat(32)}`, time: 1_000n };
const owner: Hex = `0x${'b2'.repeat(20)}`;
const identities = ['a1', 'a2', 'a3'].map((byte): Hex => `0x${byte.repeat(20)}`);
const keyId: Hex = `0x${'c3'.repeat(32)}`;
const profile = formatProfile({
  format: 'gridseal-profile/1',
  channels: [{ channel: 1, quantity: 'active-energy-import', scale: 0, sign: '+ = taken', unit: 'Wh' }],
});

let postgres: TestDatabase;
let server: Awaited<ReturnType<typeof serveRoutes>>;

before(async () => {
  postgres = await createTestDatabase();
  const { database } = postgres;
  const enrolled = (identity: Hex, logIndex: number) => ({
    type: 'enrolled' as const,
    identity,
    keyId,
    owner,
    algorithm: 1,
    purpose: 1,
    profile: toHex(profileHash(profile)),
    blockNumber: block.number,
    blockHash: block.hash,
    blockTime: block.time,
    transactionHash: block.hash,
    transactionIndex: 0,
    logIndex,
  });
  await applyStretch(
    database,
    { base: undefined, blocks: [block], events: identities.map(enrolled) },
    { previousHead: undefined, finalityDepth: 0n, keepBlocks: 10n, queue: async () => undefined },
  );
  const directory = createDirectory(database, 0n);
  await directory.refresh();
  const never = () => Promise.reject(new Error('nothing is relayed here'));
  server = await serveRoutes(
    chainRoutes({
      search: createDeviceSearch(database, directory),
      relay: { send: never, find: async () => undefined },
      profiles: createProfiles(database),
      haltedBy: () => undefined,
      ownerOf: directory.ownerOf,
    }),
  );
});
after(async () => {
  await server.close();
  await postgres.close();
});

type Page = { devices: { identity: Hex; owner: Hex; status: string }[]; next: string | null };
const list = async (query: string) =>
  (await (await fetch(`${server.url}/v1/devices${query}`)).json()) as Page;
const postProfile = (body: string) =>
  fetch(`${server.url}/v1/profiles`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });

test('devices are listed page by page, and found by identity and owner', async () => {
  const first = await list('?limit=2');
  assert.deepEqual(
    first.devices.map((device) => device.identity),
    identities.slice(0, 2),
  );
  const second = await list(`?limit=2&cursor=${first.next}`);
  assert.deepEqual(
    second.devices.map((device) => [device.identity, device.owner, device.status]),
    [[identities[2], owner, 'active']],
  );
  assert.equal(second.next, null);
  assert.equal((await list(`?identity=${identities[1]}`)).devices.length, 1);
  assert.equal((await list(`?owner=${owner}`)).devices.length, 3);
  assert.equal((await list(`?owner=${identities[0]}`)).devices.length, 0);
});

test('a profile is stored under its hash and given back byte for byte', async () => {
  const stored = await postProfile(profile);
  assert.equal(stored.status, 201);
  const { profile: hash } = (await stored.json()) as { profile: string };
  assert.equal(hash, toHex(profileHash(profile)));
  assert.equal(await (await fetch(`${server.url}/v1/profiles/${hash}`)).text(), profile);
  assert.equal((await fetch(`${server.url}/v1/profiles/0x${'00'.repeat(32)}`)).status, 404);
});

test('a profile in any other form than its one encoding is refused', async () => {
  const response = await postProfile(JSON.stringify(JSON.parse(profile), null, 1));
  assert.equal(response.status, 400);
  assert.equal((await postProfile('not json')).status, 400);
});

test('a call that was never relayed is not found', async () => {
  const response = await fetch(`${server.url}/v1/devices/calls/relay:0x${'00'.repeat(32)}`);
  assert.equal(response.status, 404);
});

test('profiles that nobody names take a bounded room for an hour; one that a key names stays [E11]', async () => {
  const post = (body: string) =>
    fetch(`${server.url}/v1/profiles`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  const big = (n: number): string =>
    formatProfile({
      format: 'gridseal-profile/1',
      channels: Array.from({ length: 500 }, (_, channel) => ({
        channel: channel + 1,
        quantity: `${n}-${'q'.repeat(30)}`,
        scale: 0,
        sign: '+ = taken',
        unit: 'Wh',
      })),
    });
  assert.ok(big(1).length > 45_000 && big(1).length < 65_536, String(big(1).length));
  let taken = 0;
  for (let n = 1; n <= 300; n += 1) {
    const response = await post(big(n));
    if (response.status === 201) taken += 1;
    else assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '3600']);
    await response.arrayBuffer();
  }
  const bytesKept = async () => {
    const [row] = await postgres.database.query<{ bytes: bigint }>(
      'SELECT sum(octet_length(document))::bigint AS bytes FROM profile',
    );
    return Number(row?.bytes);
  };
  assert.ok(taken > 50 && (await bytesKept()) < 5_000_000, `${taken} taken, ${await bytesKept()} bytes`);
  assert.equal((await post(profile)).status, 201, 'one that a key of the registry names');
  await postgres.database.execute(
    "UPDATE profile SET pending_until = now() - interval '1 second' WHERE pending_until IS NOT NULL",
  );
  assert.equal((await post(big(301))).status, 201);
  assert.equal((await fetch(`${server.url}/v1/profiles/${toHex(profileHash(big(1)))}`)).status, 404);
  assert.equal((await fetch(`${server.url}/v1/profiles/${toHex(profileHash(profile))}`)).status, 200);
});
