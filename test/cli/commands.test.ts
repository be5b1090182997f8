import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { decodeBundle, encodeBundle } from '@gridseal/protocol';
import {
  createGridsealClient,
  getBundle,
  getReceipt,
  untilArchived,
  type GridsealClient,
} from '@gridseal/sdk';
import { gridseal, type CommandRun } from '../setup/gridseal.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

const TELEMETRY = `time,power [W],energy [kWh]
2026-06-01T00:00:00Z,1200,0.125
2026-06-01T00:30:00Z,-340.5,0.25
2026-06-01T01:00:00Z,18,0.5
`;

const sentSchema = z.object({ digests: z.array(z.string().regex(/^0x/u)), refused: z.array(z.string()) });
const verdictSchema = z.object({
  holds: z.boolean(),
  layers: z.array(z.object({ layer: z.string(), status: z.string() })),
});
const proofSchema = z.object({ path: z.array(z.string()), size: z.string() });

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let service: RunningService;
let client: GridsealClient;

const file = (name: string): string => join(folder.path, name);
const device = (...args: readonly string[]): Promise<CommandRun> =>
  gridseal('device', '--url', service.url, '--rpc', service.rpcUrl, ...args);
const log = (...args: readonly string[]): Promise<CommandRun> =>
  gridseal('log', '--url', service.url, ...args);

const succeeded = (run: CommandRun): string => {
  assert.equal(run.code, 0, `${run.stdout}\n${run.stderr}`);
  return run.stdout;
};
const json = <T>(run: CommandRun, schema: z.ZodType<T>): T => schema.parse(JSON.parse(run.stdout));

/** Signs the file anew each time it is called. */
const send = async (key: string): Promise<{ run: CommandRun; digests: `0x${string}`[] }> => {
  const run = await device('send', file(key), file('day.csv'), '--again', '--json');
  return { run, digests: json(run, sentSchema).digests as `0x${string}`[] };
};

/** Sends as a key until the service has followed the chain to where it takes that key no more. */
const untilRefused = async (key: string): Promise<CommandRun> => {
  let { run } = await send(key);
  while (run.code === 0) ({ run } = await send(key));
  return run;
};

const untilFinal = async (digest: `0x${string}`): Promise<void> => {
  while ((await getReceipt(client, { digest })).stage !== 'final') {
    await new Promise((wake) => setTimeout(wake, 100));
  }
};

before(async () => {
  folder = await createTestFolder();
  service = await startService({
    dataDir: join(folder.path, 'service'),
    env: {
      RPC_PORT: '0',
      MQTT_PORT: '0',
      LOG_LEVEL: 'warn',
      ANCHOR_INTERVAL_MS: '500',
      KEYS: 'development',
    },
  });
  client = createGridsealClient({ url: service.url });
  await writeFile(file('day.csv'), TELEMETRY);
  await writeFile(file('trust.json'), await (await fetch(`${service.url}/v1/trust`)).text());
});

after(async () => {
  await service.stop();
  await folder.remove();
});

test('a device is created, enrolled and sends; its bundle is proven with a node, offline, and not without', async () => {
  succeeded(await device('create', file('meter.json')));
  succeeded(await device('create', file('owner.json'), '--algorithm', 'secp256k1'));
  assert.equal((await stat(file('meter.json'))).mode & 0o777, 0o600);
  const key = await readFile(file('meter.json'), 'utf8');
  assert.equal((await device('create', file('meter.json'))).code, 4);
  assert.equal(await readFile(file('meter.json'), 'utf8'), key);

  const unowned = await device('enrol', file('meter.json'), '--csv', file('day.csv'));
  assert.equal(unowned.code, 4);
  assert.match(unowned.stderr, /--owner-key/u);
  const enrolment = [
    'enrol',
    file('meter.json'),
    '--csv',
    file('day.csv'),
    '--owner-key',
    file('owner.json'),
  ];
  assert.match(succeeded(await device(...enrolment)), /is enrolled; its owner/u);
  assert.match(succeeded(await device(...enrolment)), /enrolled already/u);

  const { run, digests } = await send('meter.json');
  succeeded(run);
  assert.equal(digests.length, 2);
  const [digest] = digests;
  assert.ok(digest !== undefined);
  await untilFinal(digest);
  await writeFile(file('bundle.json'), await untilArchived(() => getBundle(client, { digest })));

  const named = [file('bundle.json'), '--trust', file('trust.json')];
  const withNode = await gridseal('verify', ...named, '--rpc', service.rpcUrl);
  assert.match(succeeded(withNode), /Every required layer holds/u);
  const offline = await gridseal('verify', ...named, '--offline', '--json');
  const layers = new Map(json(offline, verdictSchema).layers.map(({ layer, status }) => [layer, status]));
  assert.equal(offline.code, 5);
  assert.equal(layers.get('signature'), 'pass');
  assert.equal(layers.get('chain'), 'not checked');
  const silent = await gridseal('verify', ...named);
  assert.equal(silent.code, 5);
  assert.match(silent.stdout, /^Not everything was checked: .*part of the chain \(chain\)/u);
  const shipped = await gridseal('verify', file('bundle.json'), '--offline');
  assert.match(shipped.stdout, /says nothing about the real world/u);
});

test('a bundle that was re-indented is verified with a remark, in trust that was re-indented as well [C1]', async () => {
  const text = await readFile(file('bundle.json'), 'utf8');
  const trust = await readFile(file('trust.json'), 'utf8');
  const indented = `\ufeff${JSON.stringify(JSON.parse(text), null, 2)}\n`.replaceAll('\n', '\r\n');
  await writeFile(file('indented.json'), indented);
  await writeFile(file('indented-trust.json'), `\ufeff${JSON.stringify(JSON.parse(trust), null, 4)}\r\n`);
  const verified = await gridseal(
    'verify',
    file('indented.json'),
    '--trust',
    file('indented-trust.json'),
    '--rpc',
    service.rpcUrl,
  );
  assert.match(succeeded(verified), /the file was reformatted since it was made/u);
});

test('a bundle that says something else fails at a named layer; other bytes are no bundle', async () => {
  await writeFile(file('random.json'), '{}');
  assert.equal((await gridseal('verify', file('random.json'))).code, 2);

  const trust = JSON.parse(await readFile(file('trust.json'), 'utf8')) as {
    evidenceLog: { address: string };
  };
  trust.evidenceLog.address = `0x${'11'.repeat(20)}`;
  await writeFile(file('other-trust.json'), JSON.stringify(trust));
  const other = await gridseal(
    'verify',
    file('bundle.json'),
    '--trust',
    file('other-trust.json'),
    '--offline',
  );
  assert.equal(other.code, 1);
  assert.match(other.stdout, /FAILS +statement/u);
  assert.match(other.stdout, /expected 0x11/u);
});

test('a wrong command line says what is wrong and ends with 4, an absent node with 3', async () => {
  const verify = ['verify', file('bundle.json'), '--trust', file('trust.json')];
  assert.equal((await gridseal(...verify, '--offline', '--rpc', service.rpcUrl)).code, 4);
  assert.equal((await gridseal(...verify, '--waive', 'weather')).code, 4);
  assert.equal((await gridseal('verify', file('absent.json'))).code, 4);
  assert.equal((await gridseal('verify', file('bundle.json'), '--trust', file('day.csv'))).code, 4);
  assert.equal((await gridseal('notarise')).code, 4);
  const absent = await gridseal(...verify, '--rpc', 'http://127.0.0.1:1');
  assert.equal(absent.code, 3);
  assert.match(absent.stderr, /did not answer/u);
});

test('the log proves inclusion and growth from its tiles', async () => {
  const key = (await (await fetch(`${service.url}/log/key`)).text()).trim();
  const unvouched = await log('checkpoint');
  assert.equal(unvouched.code, 5, unvouched.stderr);
  assert.match(
    unvouched.stdout,
    /^Not everything was checked: the log's key is the one that the service shows/u,
  );
  const checkpoint = z
    .object({ size: z.string(), root: z.string() })
    .parse(JSON.parse(succeeded(await log('--key', key, 'checkpoint', '--json'))));
  assert.ok(BigInt(checkpoint.size) > 2n);
  const proof = json(await log('inclusion', '1', '--json'), proofSchema);
  assert.ok(proof.path.length > 0);
  assert.match(succeeded(await log('--key', key, 'consistency', '1')), /extends the log of 1/u);
  assert.equal((await log('inclusion', '999999')).code, 4);
  assert.equal((await log('consistency', '0')).code, 4);
  const foreignKey = 'gridseal.example/log+0a0b0c0d+ARERERERERERERERERERERERERERERERERERERERERE=';
  assert.notEqual((await log('--key', foreignKey, 'checkpoint')).code, 0);
});

test('a layer that a bundle lacks is waived by name, one that fails is not', async () => {
  const bundle = decodeBundle(await readFile(file('bundle.json')));
  const trust = ['--trust', file('trust.json'), '--offline'];
  await writeFile(file('bare.json'), encodeBundle({ ...bundle, anchor: null, authority: null }));
  const bare = await gridseal('verify', file('bare.json'), ...trust);
  assert.equal(bare.code, 1);
  assert.match(bare.stdout, /Not proven: authority \(fails\), anchor \(fails\)/u);
  const half = await gridseal('verify', file('bare.json'), ...trust, '--waive', 'anchor');
  assert.equal(half.code, 1);
  assert.match(half.stdout, /Not proven: authority \(fails\)/u);
  const waived = await gridseal('verify', file('bare.json'), ...trust, '--waive', 'anchor', 'authority');
  assert.equal(waived.code, 5, waived.stderr);
  assert.match(waived.stdout, /FAILS +anchor .*\(waived\)/u);
  assert.match(waived.stdout, /FAILS +authority .*\(waived\)/u);

  assert.ok(bundle.anchor);
  const elsewhere = { ...bundle, anchor: { ...bundle.anchor, logIndex: '99' } };
  await writeFile(file('elsewhere.json'), encodeBundle(elsewhere));
  const failing = await gridseal('verify', file('elsewhere.json'), ...trust, '--waive', 'anchor');
  assert.equal(failing.code, 1);
  assert.match(failing.stdout, /code +EventMissing/u);
});

test('a device with a secp256k1 key owns itself, and its key is revoked from the last good statement on', async () => {
  assert.equal((await device('create', file('self.json'), '--algorithm', 'sm2')).code, 4);
  const created = json(
    await device('create', file('self.json'), '--algorithm', 'secp256k1', '--json'),
    z.object({ algorithm: z.literal('secp256k1'), identity: z.string(), keyId: z.string() }),
  );
  assert.equal(created.keyId, `0x${'00'.repeat(12)}${created.identity.slice(2)}`);
  const enrolled = json(
    await device('enrol', file('self.json'), '--csv', file('day.csv'), '--json'),
    z.object({ identity: z.string(), owner: z.string() }),
  );
  assert.deepEqual(enrolled, { identity: created.identity, owner: created.identity });
  const { run, digests } = await send('self.json');
  succeeded(run);
  const receipts = ['show', file('self.json.receipts.jsonl'), '--rpc', service.rpcUrl];
  assert.equal((await gridseal('promise', ...receipts)).code, 4);
  const promised = await gridseal('promise', ...receipts, '--digest', digests[1] ?? '', '--json');
  assert.equal(json(promised, z.object({ status: z.string() })).status, 'pending');
  const [digest, next] = digests;
  assert.ok(digest !== undefined && next !== undefined);
  await untilFinal(next);

  // Revoked first and bundled afterwards: the bundle shows what is left good.
  assert.equal((await device('revoke', file('self.json'), '--last-good', '0x12')).code, 4);
  assert.equal((await device('revoke', file('meter.json'))).code, 4);
  const stranger = await device('revoke', file('self.json'), '--owner-key', file('owner.json'));
  assert.equal(stranger.code, 3, stranger.stdout);
  const revoked = await device('revoke', file('self.json'), '--last-good', digest, '--json');
  assert.deepEqual(json(revoked, z.object({ revoked: z.boolean(), keyId: z.string() })), {
    revoked: true,
    keyId: created.keyId,
  });
  const twice = await device('revoke', file('self.json'));
  assert.equal(twice.code, 3, twice.stdout);
  const late = await untilRefused('self.json');
  assert.equal(late.code, 3);
  assert.match(late.stderr, /refused: /u);

  await writeFile(file('self-bundle.json'), await untilArchived(() => getBundle(client, { digest })));
  const named = [file('self-bundle.json'), '--trust', file('trust.json'), '--rpc', service.rpcUrl];
  assert.match(succeeded(await gridseal('verify', ...named)), /secp256k1 signature of/u);
});

test('a rotated key speaks for the same identity and the old one no longer does', async () => {
  const owned = ['--csv', file('day.csv'), '--owner-key', file('owner.json')];
  succeeded(await device('rotate', file('meter.json'), file('meter-2.json'), ...owned));
  const identityOf = async (name: string): Promise<unknown> =>
    (JSON.parse(await readFile(file(name), 'utf8')) as { identity: unknown }).identity;
  assert.equal(await identityOf('meter-2.json'), await identityOf('meter.json'));

  const old = await device('send', file('meter.json'), file('day.csv'));
  assert.equal(old.code, 3);
  assert.match(old.stderr, /refused: /u);
});
