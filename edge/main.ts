/**
 * The demo alliance: five simulated stations that enrol themselves and send signed telemetry to a service.
 * Usage: node edge/main.ts URL FOLDER [SECONDS BETWEEN BATCHES]
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { domainOf, fromHex } from '@gridseal/protocol';
import { createGridsealClient, getTrust, SdkError } from '@gridseal/sdk';
import { asProfile, ensureEnrolled, hashOfProfile } from './gateway/enrol.ts';
import { forwardOverHttp } from './gateway/forward.ts';
import { ensureKeyFile } from './gateway/key-file.ts';
import { openStation, type Station } from './gateway/station.ts';
import { simulatedMeter, STATIONS } from './simulation/alliance.ts';
import { SIMULATED_PROFILE } from './simulation/profile.ts';

const SAMPLE_MS = 1000;
const [url = 'http://127.0.0.1:8787', folder = '.gridseal/edge', seconds = '5'] = process.argv.slice(2);
const intervalMs = Number(seconds) * 1000;

const log = (event: string, fields: object = {}): void => {
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), part: 'edge', event, ...fields })}\n`,
  );
};

const client = createGridsealClient({ url });
const trust = await getTrust(client);
const [logOfService] = trust.logs;
if (logOfService === undefined) throw new Error(`${url} serves no log`);
const domain = domainOf({
  chainId: BigInt(trust.chainId),
  evidenceLog: fromHex(trust.evidenceLog.address),
  logId: fromHex(logOfService.logId),
});
const profile = asProfile(SIMULATED_PROFILE);
const owner = await ensureKeyFile(join(folder, 'owner.key.json'), 'secp256k1');

const open = async (name: string): Promise<Station> => {
  const { key, identity } = await ensureKeyFile(join(folder, name, 'key.json'), 'p256');
  await ensureEnrolled({ client, key, owner: owner.key, identity, profile, now: Date.now });
  log('station ready', { station: name });
  return openStation({
    key,
    identity,
    domain,
    profile: hashOfProfile(profile),
    folder: join(folder, name),
    forward: forwardOverHttp(client),
    now: Date.now,
    randomKey: () => new Uint8Array(randomBytes(32)),
  });
};

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stopping.signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });

const stations = new Map<string, Station>();
for (const name of STATIONS) stations.set(name, await open(name));

let from = Math.floor(Date.now() / SAMPLE_MS) * SAMPLE_MS;
while (!stopping.signal.aborted) {
  await pause(intervalMs);
  const to = Math.floor(Date.now() / SAMPLE_MS) * SAMPLE_MS;
  for (const [name, station] of stations) {
    const readings = await simulatedMeter(name).read({ fromMs: from, toMs: to, everyMs: SAMPLE_MS });
    if (readings.length > 0) await station.report(readings);
    try {
      const deliveries = await station.flush();
      for (const delivery of deliveries) {
        if (delivery.status === 'refused') log('batch refused', { station: name, ...delivery });
      }
    } catch (error) {
      if (!(error instanceof SdkError) || !error.retryable) throw error;
      log('service not reached; the batch waits', { station: name, reason: error.message });
    }
  }
  from = to;
}
log('stopped');
