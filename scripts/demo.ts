/**
 * The whole path once, on a day of telemetry: sign, acknowledge, order, store, anchor, prove.
 * `npm run demo -- --help` lists its options.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { decodeBundle, encodeTrust, verify, type Hex, type Reading } from '@gridseal/protocol';
import {
  askAnchorBlock,
  createGridsealClient,
  disclose,
  getReadings,
  getReceipt,
  getTrust,
  untilArchived,
  type GridsealClient,
} from '@gridseal/sdk';
import { ALLIANCE_ZONE } from '../edge/simulation/alliance.ts';
import { V8_FLAGS } from '../backend/v8-flags.ts';
import { createTerminal } from '../cli/terminal/terminal.ts';
import { printVerdict } from '../cli/verdict/print-verdict.ts';
import { openDemoStation } from './demo/station.ts';
import { dayPicture } from './demo/day-picture.ts';
import { demoOptions, DEMO_HELP } from './demo/options.ts';
import { demoTelemetry, simulatedDay, type DemoTelemetry } from './demo/telemetry.ts';
import { startProgram } from './start/child.ts';
import { waitForService } from './start/service-file.ts';

/** Minutes between the readings that are opened. */
const OPENED_EVERY_MS = 15n * 60_000n;
const MOST_OPENED = 8;
const LOOK_MS = 200;
const PATIENCE_MS = 120_000;

const terminal = createTerminal(false);

/** A station of the demo with its day. */
type Day = { readonly name: string; readonly telemetry: DemoTelemetry };

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

/** A few readings of a batch, a quarter of an hour apart where there are so many. */
const openedOf = (readings: readonly Reading[]): readonly number[] => {
  const all = [...readings.keys()];
  const quarters = all.filter((index) => (readings[index]?.timeMs ?? 1n) % OPENED_EVERY_MS === 0n);
  return (quarters.length > 0 ? quarters : all).slice(0, MOST_OPENED);
};

const show = ({ name, telemetry }: Day, offsetMs: number): void => {
  const { title, readings, batches, leftOut } = telemetry;
  terminal.line(`${name === title ? name : title}: ${readings.length} readings in ${batches.length} batches`);
  for (const line of dayPicture(telemetry, offsetMs)) terminal.line(line);
  if (leftOut !== undefined) terminal.line(`  Left out: ${leftOut}.`);
};

/** Signs and sends a day; digests of its batches in order. */
const send = async (
  client: GridsealClient,
  dataDir: string,
  { name, telemetry }: Day,
): Promise<readonly Hex[]> => {
  const station = await openDemoStation(client, dataDir, telemetry.profile, name);
  const sending = terminal.progress('signed and acknowledged', telemetry.batches.length);
  const digests: Hex[] = [];
  try {
    for (const batch of telemetry.batches) {
      digests.push(await station.report(batch));
      for (const delivery of await station.flush()) {
        if (delivery.status === 'refused') throw new Error(`a batch was refused: ${delivery.message}`);
      }
      sending.advance();
    }
  } finally {
    sending.done();
  }
  return digests;
};

const run = async (dataDir: string, days: readonly Day[], out: string): Promise<boolean> => {
  const service = await waitForService(dataDir);
  const client = createGridsealClient({ url: service.url });
  const sent: (readonly Hex[])[] = [];
  for (const day of days) sent.push(await send(client, dataDir, day));
  const digests = sent.at(-1) ?? [];
  const last = digests.at(-1);
  const digest = digests[Math.floor(digests.length / 2)];
  if (digest === undefined || last === undefined) throw new Error('there was nothing to send');
  const stages = ['accepted', 'sequenced', 'anchored', 'final'];
  await untilStage(async () => (await getReceipt(client, { digest: last })).stage, stages);

  const token = (await readFile(join(dataDir, 'keys', 'api.token'), 'utf8')).trim();
  const indices = openedOf((await getReadings(client, { digest, token })).readings);
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
  const [bundleFile, trustFile] = [join(folder, 'bundle.json'), join(folder, 'trust.json')];
  terminal.line(`
Two files are left. The service and its chain were for this demo only and are gone; the files prove the batch without them.

  ${bundleFile}   the proof of one batch of ${days.at(-1)?.name ?? ''}, ${indices.length} of its readings opened
  ${trustFile}    what it is judged by

Judge it yourself, without a network:

  npx gridseal verify ${bundleFile} --trust ${trustFile} --offline

A service to send your own telemetry to: npm start`);
  return verdict.holds;
};

const daysOf = async ({ csv, rows, file }: ReturnType<typeof demoOptions>): Promise<readonly Day[]> =>
  csv === undefined
    ? [
        { name: 'pv-harbour', telemetry: await simulatedDay('pv-harbour') },
        { name: 'battery-depot', telemetry: await simulatedDay('battery-depot') },
      ]
    : [{ name: 'your-station', telemetry: await demoTelemetry(csv, rows, file) }];

/** Runs work against a service of its own, whose data folder is gone afterwards. */
const withService = async (work: (dataDir: string) => Promise<boolean>): Promise<number> => {
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
      throw new Error(`the service stopped:\n${await program.lastWords()}`);
    });
    return (await Promise.race([work(dataDir), early])) ? 0 : 1;
  } finally {
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
};

const main = async (): Promise<number> => {
  const options = demoOptions(process.argv.slice(2));
  if (options.help) {
    terminal.line(DEMO_HELP);
    return 0;
  }
  const days = await daysOf(options);
  if (options.csv === undefined)
    terminal.line(
      `A June day of two simulated stations, midnight to midnight in ${ALLIANCE_ZONE.name} (UTC+8):\n`,
    );
  for (const day of days) show(day, options.csv === undefined ? ALLIANCE_ZONE.offsetMs : 0);
  terminal.line();
  return withService((dataDir) => run(dataDir, days, options.out));
};

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();
