/**
 * The whole path once, on a day of telemetry: sign, acknowledge, order, store, anchor, prove.
 * Usage: npm run demo [-- --csv FILE] [--out DIR] [--rows N]
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeBundle, encodeTrust, verify, type Hex } from '@gridseal/protocol';
import {
  askAnchorBlock,
  createGridsealClient,
  disclose,
  getReceipt,
  getTrust,
  untilArchived,
} from '@gridseal/sdk';
import { V8_FLAGS } from '../backend/v8-flags.ts';
import { createTerminal } from '../cli/terminal/terminal.ts';
import { printVerdict } from '../cli/verdict/print-verdict.ts';
import { openDemoStation } from './demo/station.ts';
import { demoTelemetry } from './demo/telemetry.ts';
import { startProgram } from './start/child.ts';
import { waitForService } from './start/service-file.ts';

const DISCLOSED = 5;
const LOOK_MS = 200;
const PATIENCE_MS = 120_000;

const { values } = parseArgs({
  options: {
    csv: { type: 'string' },
    out: { type: 'string', default: 'gridseal-demo' },
    rows: { type: 'string', default: '24' },
  },
});
const out = resolve(values.out);
const terminal = createTerminal(false);

const untilStage = async (look: () => Promise<string>, stages: readonly string[]): Promise<void> => {
  const bar = terminal.progress('ordered and anchored', stages.length);
  let reached = 0;
  const until = Date.now() + PATIENCE_MS;
  while (reached < stages.length) {
    const at = stages.indexOf(await look()) + 1;
    if (at > reached) bar.advance(at - reached);
    reached = Math.max(reached, at);
    if (Date.now() > until) throw new Error(`not ${stages[reached] ?? 'done'} after ${PATIENCE_MS / 1000} s`);
    await new Promise((wake) => setTimeout(wake, LOOK_MS));
  }
  bar.done();
};

const run = async (dataDir: string): Promise<boolean> => {
  const telemetry = await demoTelemetry(values.csv, Number(values.rows));
  terminal.line(
    `${telemetry.title}: ${telemetry.readings.length} readings in ${telemetry.batches.length} batches.\n`,
  );
  const service = await waitForService(dataDir);
  const client = createGridsealClient({ url: service.url });
  const station = await openDemoStation(client, dataDir, telemetry.profile);

  const sending = terminal.progress('signed and acknowledged', telemetry.batches.length);
  const digests: Hex[] = [];
  for (const batch of telemetry.batches) {
    digests.push(await station.report(batch));
    for (const delivery of await station.flush()) {
      if (delivery.status === 'refused') throw new Error(`a batch was refused: ${delivery.message}`);
    }
    sending.advance();
  }
  sending.done();
  const last = digests.at(-1);
  const digest = digests[Math.floor(digests.length / 2)];
  if (digest === undefined || last === undefined) throw new Error('there was nothing to send');
  const stages = ['accepted', 'sequenced', 'anchored', 'final'];
  await untilStage(async () => (await getReceipt(client, { digest: last })).stage, stages);

  const token = (await readFile(join(dataDir, 'keys', 'api.token'), 'utf8')).trim();
  const middle = telemetry.batches[Math.floor(digests.length / 2)] ?? [];
  const indices = middle.slice(0, DISCLOSED).map((_reading, i) => i);
  const bytes = await untilArchived(() => disclose(client, { digest, indices, token }));
  const bundle = decodeBundle(bytes);
  const trust = await getTrust(client);
  const answer = await askAnchorBlock({ rpcUrl: service.rpcUrl, bundle, trust });
  const pinned = answer.status === 'canonical' ? { ...trust, headers: [answer.hash] } : trust;
  const refusal = answer.status === 'refused' ? { refusedBlock: answer.reason } : {};
  const verdict = verify(bundle, pinned, refusal);

  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'bundle.json'), bytes);
  await writeFile(join(out, 'trust.json'), encodeTrust(pinned));
  terminal.line();
  printVerdict(terminal, verdict, `this demo's own service, and its chain at ${service.rpcUrl}`);
  const folder = relative(process.cwd(), out) || '.';
  terminal.line(`\nThe bundle is ${join(folder, 'bundle.json')}. Check it yourself, without a network:`);
  terminal.line(
    `  npx gridseal verify ${join(folder, 'bundle.json')} --trust ${join(folder, 'trust.json')} --offline`,
  );
  return verdict.holds;
};

const dataDir = await mkdtemp(join(tmpdir(), 'gridseal-demo-'));
terminal.line('Starting PostgreSQL, a chain, an IPFS store and the service …');
const program = startProgram({
  name: 'service',
  file: new URL('../backend/main.ts', import.meta.url).pathname,
  nodeFlags: V8_FLAGS,
  env: {
    DATA_DIR: dataDir,
    PORT: '0',
    RPC_PORT: '0',
    MQTT_PORT: '0',
    KEYS: 'development',
    ANCHOR_INTERVAL_MS: '1000',
    LOG_LEVEL: 'info',
  },
  logFile: join(dataDir, 'service.log'),
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void program.stop().then(() => process.exit(130)));
}
try {
  const early = program.exited.then(async () => {
    const log = await readFile(join(dataDir, 'service.log'), 'utf8');
    throw new Error(`the service stopped:\n${log.split('\n').slice(-8).join('\n')}`);
  });
  process.exitCode = (await Promise.race([run(dataDir), early])) ? 0 : 1;
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await program.stop();
  await rm(dataDir, { recursive: true, force: true });
}
process.exit();
