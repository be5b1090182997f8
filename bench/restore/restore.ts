import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Hex } from '@gridseal/protocol';
import { createGridsealClient, getBundle } from '@gridseal/sdk';
import { createEmptyTestDatabase, createTestFolder } from '../../test/setup/postgres.ts';
import { startService, type RunningService } from '../../test/setup/service.ts';
import { enrolFleet, prepareRequests } from '../ingest/corpus.ts';
import { getJson } from '../ingest/get-json.ts';
import { sendLoad } from '../ingest/load.ts';
import type { BenchReport } from '../report.ts';

const DEVICES = 16;
const SHAPE = { requests: 834, batches: 20, readings: 60 };
const CONNECTIONS = 8;
/** One of so many batches is asked for again. */
const RECEIPTS_OF = 10;
const BUNDLES_OF = 200;
const LOOK_MS = 500;
const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

const ENV = {
  RPC_PORT: '0',
  MQTT_PORT: '0',
  LOG_LEVEL: 'warn',
  RATE_LIMIT_READ: 'off',
  RATE_LIMIT_WRITE: 'off',
  ANCHOR_INTERVAL_MS: '5000',
};

const checkpointOf = async ({ url }: RunningService): Promise<string> =>
  (await fetch(`${url}/log/checkpoint`)).text();

/** Resolves when everything that was acknowledged is anchored and its evidence archived. */
const atRest = async (service: RunningService, last: Hex): Promise<void> => {
  for (;;) {
    const { anchors } = (await getJson(`${service.url}/v1/anchors?limit=1`)) as {
      anchors: readonly { size: string; status: string }[];
    };
    const { sequenced } = (await getJson(`${service.url}/v1/receipts/${last}`)) as {
      sequenced: object | null;
    };
    const [, size] = (await checkpointOf(service)).split('\n');
    if (sequenced !== null && anchors[0]?.status === 'archived' && anchors[0].size === size) return;
    await sleep(LOOK_MS);
  }
};

/** What members can ask for, as text. */
const answersOf = async (service: RunningService, digests: readonly Hex[]): Promise<Map<string, string>> => {
  const client = createGridsealClient({ url: service.url });
  const answers = new Map([['checkpoint', await checkpointOf(service)]]);
  for (const [i, digest] of digests.entries()) {
    if (i % RECEIPTS_OF === 0)
      answers.set(
        `receipt of ${digest}`,
        JSON.stringify(await getJson(`${service.url}/v1/receipts/${digest}`)),
      );
    if (i % BUNDLES_OF === 0)
      answers.set(`bundle of ${digest}`, Buffer.from(await getBundle(client, { digest })).toString('utf8'));
  }
  return answers;
};

/**
 * Rebuilds the database of a log of a million readings from its chain and its blocks, and asks it the same questions.
 *
 * @example npm run bench -- restore
 */
export const runRestoreBench = async (): Promise<BenchReport> => {
  const folder = await createTestFolder();
  const empty = await createEmptyTestDatabase();
  const dataDir = join(folder.path, 'service');
  let service: RunningService | undefined;
  try {
    service = await startService({ dataDir, env: ENV });
    const fleet = await enrolFleet(createGridsealClient({ url: service.url }), DEVICES);
    process.stderr.write(`signing and sending ${SHAPE.requests * SHAPE.batches} batches …\n`);
    const requests = prepareRequests(fleet, SHAPE);
    await sendLoad(service.url, requests, { connections: CONNECTIONS, probeEvery: SHAPE.requests });
    const digests = requests.flatMap((request) => request.digests);
    await atRest(service, digests.at(-1)!);
    const before = await answersOf(service, digests);
    await service.stop();

    process.stderr.write('restoring …\n');
    const env = { ...process.env, ...ENV, DATA_DIR: dataDir, DATABASE_URL: empty.url };
    const began = performance.now();
    const command = [CLI, 'restore', '--json', '--trust', join(dataDir, 'trust.json')];
    const { stdout } = await promisify(execFile)(process.execPath, command, { env });
    const seconds = (performance.now() - began) / 1_000;
    const report = JSON.parse(stdout) as { readonly size: string; readonly anchors: number };

    service = await startService({ dataDir, env: { ...ENV, DATABASE_URL: empty.url } });
    await atRest(service, digests.at(-1)!);
    const after = await answersOf(service, digests);
    const different = [...before].filter(([question, answer]) => after.get(question) !== answer);
    await service.stop();

    const readings = digests.length * SHAPE.readings;
    const ok = different.length === 0;
    const entriesPerSecond = Math.round(Number(report.size) / seconds);
    const json = {
      bench: 'restore',
      ok,
      readings,
      entries: Number(report.size),
      anchors: report.anchors,
      seconds: Number(seconds.toFixed(1)),
      entriesPerSecond,
      compared: before.size,
      different: different.length,
    };
    const text =
      `${readings.toLocaleString('en')} readings in ${report.size} entries and ${report.anchors} anchors: ` +
      `restored in ${seconds.toFixed(1)} s (${entriesPerSecond.toLocaleString('en')} entries/s), the process included\n` +
      `${before.size} answers compared (root and size, receipts, bundles): ${different.length} differ` +
      `${different.length === 0 ? '' : `, the first is the ${different[0]![0]}`}\n`;
    return { json, text, ok };
  } finally {
    if (service?.process.exitCode === null) await service.kill();
    await empty.close();
    await folder.remove();
  }
};
