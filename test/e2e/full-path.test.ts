import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  decodeBundle,
  encodeTrust,
  LAYERS,
  ProtocolError,
  utf8,
  verify,
  type Hex,
  type Trust,
  type Verdict,
} from '@gridseal/protocol';
import { askAnchorBlock, createGridsealClient, disclose, getReceipt, getTrust } from '@gridseal/sdk';
import { openDemoStation } from '../../scripts/demo/station.ts';
import { demoTelemetry } from '../../scripts/demo/telemetry.ts';
import { root } from '../../scripts/paths.ts';
import { mutationsOf } from '../mutations/mutations.ts';
import { startService, type RunningService } from '../setup/service.ts';

const ENVIRONMENT = { RPC_PORT: '0', MQTT_PORT: '0', ANCHOR_INTERVAL_MS: '500', LOG_LEVEL: 'warn' };

let folder: string;
let service: RunningService;
let bundle: Uint8Array;
let trust: Trust;
let digest: Hex;

const start = (): Promise<RunningService> =>
  startService({ dataDir: join(folder, 'service'), env: ENVIRONMENT });

/** A batch of a simulated day, followed to its final anchor. */
const notarise = async (): Promise<Hex> => {
  const client = createGridsealClient({ url: service.url });
  const telemetry = await demoTelemetry(undefined, 24);
  const station = await openDemoStation(client, join(folder, 'edge'), telemetry.profile);
  const sent = await station.report(telemetry.batches[12] ?? []);
  const [delivery] = await station.flush();
  assert.equal(delivery?.status, 'accepted');
  for (;;) {
    const { stage } = await getReceipt(client, { digest: sent });
    if (stage === 'final') return sent;
    await new Promise((wake) => setTimeout(wake, 100));
  }
};

const gridseal = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'cli/main.ts'), ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

const failing = (verdict: Verdict): string[] =>
  verdict.layers.filter(({ status }) => status === 'fail').map(({ layer }) => layer);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridseal-e2e-'));
  service = await start();
  digest = await notarise();
  const client = createGridsealClient({ url: service.url });
  const token = (await readFile(join(folder, 'service', 'keys', 'api.token'), 'utf8')).trim();
  bundle = await disclose(client, { digest, indices: [0, 7, 119], token });
  trust = await getTrust(client);
  await writeFile(join(folder, 'bundle.json'), bundle);
  await writeFile(join(folder, 'trust.json'), encodeTrust(trust));
});

after(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a bundle holds in every layer when a trusted node knows the block', async () => {
  const answer = await askAnchorBlock({ rpcUrl: service.rpcUrl, bundle: decodeBundle(bundle), trust });
  assert.equal(answer.status, 'canonical');
  const verdict = verify(decodeBundle(bundle), { ...trust, headers: [answer.hash] });
  assert.deepEqual(
    verdict.layers.map(({ layer, status }) => `${layer} ${status}`),
    LAYERS.map((layer) => `${layer} ${layer === 'claims' ? 'not checked' : 'pass'}`),
  );
  assert.equal(verdict.holds, true);
  assert.equal(verdict.summary?.readings.length, 3);
});

test('without a trusted block the chain layers are not checked, and the bundle does not hold', () => {
  const strict = verify(decodeBundle(bundle), trust);
  assert.equal(strict.holds, false);
  assert.deepEqual(failing(strict), []);
  assert.equal(strict.outcome, 'incomplete');
  assert.deepEqual(
    strict.layers.filter(({ status }) => status === 'not checked').map(({ layer }) => layer),
    ['authority', 'anchor', 'chain', 'claims'],
  );
});

test('trust in another operator, key, code, log or chain is not satisfied', () => {
  const [log] = trust.logs;
  assert.ok(log);
  const zero: Hex = `0x${'00'.repeat(32)}`;
  const header = decodeBundle(bundle).anchor?.block.hash ?? zero;
  const judged = (changes: Partial<Trust>): string[] =>
    failing(verify(decodeBundle(bundle), { ...trust, headers: [header], ...changes }));
  assert.deepEqual(judged({}), []);
  assert.deepEqual(judged({ chainId: '1' }), ['statement']);
  assert.deepEqual(judged({ logs: [{ ...log, noteKeys: [] }] }), ['checkpoint']);
  assert.ok(judged({ logs: [] }).includes('statement'));
  assert.deepEqual(judged({ evidenceLog: { ...trust.evidenceLog, codeHash: zero } }), ['anchor']);
  assert.deepEqual(judged({ deviceRegistry: { ...trust.deviceRegistry, codeHash: zero } }), ['authority']);
  assert.deepEqual(judged({ witnesses: { from: '0', quorum: '1', keys: [] } }), ['checkpoint']);
});

test('every one of at least 500 changes is refused, in the layer that answers for it', () => {
  const mutations = mutationsOf(bundle, { each: 25, seed: 20261121 });
  assert.ok(mutations.length >= 500, `${mutations.length} mutations`);
  for (const { name, expected, text } of mutations) {
    let found: string[];
    try {
      const verdict = verify(decodeBundle(utf8(text)), trust);
      assert.equal(verdict.outcome, 'fails', `accepted: ${name}`);
      found = failing(verdict);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      found = ['not a bundle'];
    }
    assert.ok(
      expected.some((layer) => found.includes(layer)),
      `${name}: expected ${expected.join(' or ')}, found ${found.join(', ')}`,
    );
  }
});

test('the command says the same by its exit code', async () => {
  const file = join(folder, 'bundle.json');
  const believe = ['--trust', join(folder, 'trust.json')];
  assert.equal(gridseal('verify', file, ...believe, '--offline').status, 5);
  const online = gridseal('verify', file, ...believe, '--rpc', service.rpcUrl, '--json');
  assert.equal(online.status, 0, online.stderr);
  assert.equal((JSON.parse(online.stdout) as Verdict).holds, true);
  assert.equal(gridseal('verify', file, ...believe).status, 5);
  assert.equal(gridseal('verify', join(folder, 'trust.json'), ...believe).status, 2);
  assert.equal(gridseal('verify', file, ...believe, '--rpc', 'http://127.0.0.1:1').status, 3);
  assert.equal(gridseal('verify', join(folder, 'no-such-file'), ...believe).status, 4);
  const broken = join(folder, 'broken.json');
  const [mutation] = mutationsOf(bundle, { each: 1, seed: 3 }).filter(({ name }) => name.startsWith('proof'));
  await writeFile(broken, mutation?.text ?? '');
  assert.notEqual(gridseal('verify', broken, ...believe, '--offline').status, 0);
});

test('the log proves itself from its tiles', async () => {
  const key = (await (await fetch(`${service.url}/log/key`)).text()).trim();
  assert.equal(gridseal('log', 'checkpoint', '--url', service.url, '--key', key).status, 0);
  for (const args of [['checkpoint'], ['inclusion', digest], ['inclusion', '0'], ['consistency', '3']]) {
    const { status, stderr } = gridseal('log', ...args, '--url', service.url);
    // Whoever takes the service's own word for its key is told so.
    assert.equal(status, 5, stderr);
  }
  assert.equal(gridseal('log', 'inclusion', '999999', '--url', service.url).status, 4);
});

test('a service killed without warning continues the same log', async () => {
  const client = createGridsealClient({ url: service.url });
  const sizeOf = async (): Promise<bigint> => {
    const text = await (
      await createGridsealClient({ url: service.url }).request({ path: '/log/checkpoint' })
    ).text();
    return BigInt(text.split('\n')[1] ?? '0');
  };
  const before = await sizeOf();
  const { stage } = await getReceipt(client, { digest });
  assert.equal(stage, 'final');
  await service.kill();
  service = await start();
  assert.ok((await sizeOf()) >= before);
  const later = await getReceipt(createGridsealClient({ url: service.url }), { digest });
  assert.equal(later.stage, 'final');
  const more = await notarise();
  assert.notEqual(more, digest);
  assert.deepEqual((await getTrust(createGridsealClient({ url: service.url }))).logs, trust.logs);
});
