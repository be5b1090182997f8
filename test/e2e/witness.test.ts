import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  decodeBundle,
  encodeTrust,
  formatVerifierKey,
  parseNote,
  parseVerifierKey,
  verify,
  type Trust,
  type VerifierKey,
} from '@gridseal/protocol';
import {
  askAnchorBlock,
  createGridsealClient,
  getBundle,
  getReceipt,
  getTrust,
  untilArchived,
} from '@gridseal/sdk';
import { openDemoStation } from '../../scripts/demo/station.ts';
import { demoTelemetry } from '../../scripts/demo/telemetry.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';
import { startWitness } from '../setup/witness.ts';

const failing = (bundle: ReturnType<typeof decodeBundle>, trust: Trust): string[] =>
  verify(bundle, trust)
    .layers.filter(({ status }) => status === 'fail')
    .map(({ layer, code }) => `${layer} ${code}`);

test('witnesses cosign what a bundle proves, and no restored database gets past them', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const known: { key?: VerifierKey } = {};
  const log = (): VerifierKey => {
    assert.ok(known.key);
    return known.key;
  };
  const first = await startWitness({ name: 'witness.test/first', log });
  const second = await startWitness({ name: 'witness.test/second', log });
  t.after(first.close);
  t.after(second.close);
  const dataDir = join(folder.path, 'service');
  const start = async (env: Record<string, string>): Promise<RunningService> => {
    const service = await startService({
      dataDir,
      env: { RPC_PORT: '0', MQTT_PORT: '0', ANCHOR_INTERVAL_MS: '500', LOG_LEVEL: 'warn', ...env },
    });
    t.after(service.kill);
    return service;
  };
  const settings = { WITNESSES: `${first.setting}, ${second.setting}`, WITNESS_QUORUM: '1' };

  const before = await start({});
  known.key = parseVerifierKey((await (await fetch(`${before.url}/log/key`)).text()).trimEnd());
  const telemetry = await demoTelemetry(undefined, 24);
  const notarise = async (service: RunningService, hour: number) => {
    const client = createGridsealClient({ url: service.url });
    const station = await openDemoStation(client, join(folder.path, 'edge'), telemetry.profile);
    const digest = await station.report(telemetry.batches[hour] ?? []);
    const [delivery] = await station.flush();
    assert.equal(delivery?.status, 'accepted');
    const bundle = decodeBundle(await untilArchived(() => getBundle(client, { digest })));
    const answer = await askAnchorBlock({ rpcUrl: service.rpcUrl, bundle, trust: await getTrust(client) });
    assert.equal(answer.status, 'canonical');
    return { client, digest, bundle, header: answer.hash };
  };
  const unwitnessed = await notarise(before, 0);
  await before.stop();

  second.answer({ status: 500, text: 'out of order' });
  const service = await start(settings);
  const { client, digest, bundle, header } = await notarise(service, 1);
  const receipt = await getReceipt(client, { digest });
  assert.ok(receipt.cosigned);
  const trust = await getTrust(client);
  assert.deepEqual(
    [trust.witnesses.quorum, trust.witnesses.keys.length, BigInt(trust.witnesses.from) > 0n],
    ['1', 2, true],
  );
  assert.deepEqual(failing(bundle, { ...trust, headers: [header] }), []);
  assert.ok(bundle.verifierKeys.includes(formatVerifierKey(first.key)));

  // The quorum is demanded from when there were witnesses; asked of all, what came before them has none.
  assert.deepEqual(failing(unwitnessed.bundle, { ...trust, headers: [unwitnessed.header] }), []);
  const always: Trust = { ...trust, headers: [], witnesses: { ...trust.witnesses, from: '0' } };
  assert.deepEqual(failing(unwitnessed.bundle, always), ['checkpoint QuorumMissing']);
  const both: Trust = { ...trust, headers: [header], witnesses: { ...trust.witnesses, quorum: '2' } };
  assert.deepEqual(failing(bundle, both), ['checkpoint QuorumMissing']);
  assert.ok(encodeTrust(trust).length > 0);

  const health = (await (await fetch(`${service.url}/health`)).json()) as {
    parts: { witness: { status: string; detail?: string } };
  };
  assert.equal(health.parts.witness.status, 'degraded');
  assert.match(health.parts.witness.detail ?? '', /second/);
  const { signatures } = parseNote(await (await fetch(`${service.url}/log/checkpoint`)).text());
  assert.equal(signatures[0]?.name, known.key.name);
  await service.stop();

  // As after a restore from an old backup: the witness stands beyond what the database holds.
  first.answer({ status: 409, type: 'text/x.tlog.size', text: '1000000\n' });
  await assert.rejects(start(settings), /database-behind.*1000000/s);
});
