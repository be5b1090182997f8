/**
 * The demo alliance: five simulated stations that enrol themselves and send signed telemetry to a service.
 * Usage: node edge/main.ts URL FOLDER [SECONDS BETWEEN BATCHES]
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { toHex, type Hex, type Profile } from '@gridseal/protocol';
import { createGridsealClient, getProfile, getTrust, listKeys } from '@gridseal/sdk';
import { asProfile, ensureEnrolled, hashOfProfile } from './gateway/enrol.ts';
import { forwardOverHttp } from './gateway/forward.ts';
import { ensureKeyFile } from './gateway/key-file.ts';
import { ensurePinnedTrust, operatorIn } from './gateway/pinned-trust.ts';
import { createReporter } from './gateway/reporter.ts';
import { runGateway, type RunningStation } from './gateway/run.ts';
import { openStation } from './gateway/station.ts';
import { profileOfStation, simulatedMeter, STATIONS } from './simulation/alliance.ts';
import { holdAlone } from './spool/holder.ts';

const SAMPLE_MS = 1000;
const [url = 'http://127.0.0.1:8787', folder = '.gridseal/edge', seconds = '5'] = process.argv.slice(2);

const log = (event: string, fields: object = {}): void => {
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), part: 'edge', event, ...fields })}\n`,
  );
};

const client = createGridsealClient({ url });
const trust = await ensurePinnedTrust(join(folder, 'trust.json'), () => getTrust(client));
const trusted = operatorIn(trust);
if (trusted === undefined) throw new Error(`${url} serves no log`);
// Two that sign with the same keys would accuse the stations of equivocation.
const hold = await holdAlone(join(folder, 'alliance'));
const owner = await ensureKeyFile(join(folder, 'owner.key.json'), 'secp256k1');
const randomKey = (): Uint8Array => new Uint8Array(randomBytes(32));

/** The profile that a key was enrolled with, for as long as it speaks; a new key gets the station's. */
const profileFor = async (name: string, identity: Hex, keyId: Hex): Promise<Profile> => {
  const keys = await listKeys(client, { identity });
  const enrolled = keys.find((key) => key.keyId === keyId && key.status === 'active');
  return enrolled === undefined
    ? asProfile(profileOfStation(name))
    : getProfile(client, { profile: enrolled.profile });
};

const open = async (name: string): Promise<RunningStation> => {
  const { key, identity } = await ensureKeyFile(join(folder, name, 'key.json'), 'p256');
  const profile = await profileFor(name, toHex(identity), toHex(key.keyId));
  await ensureEnrolled({ client, trust, key, owner: owner.key, identity, profile, now: Date.now });
  log('station ready', { station: name });
  const station = await openStation({
    key,
    identity,
    ...trusted,
    profile: hashOfProfile(profile),
    folder: join(folder, name),
    forward: forwardOverHttp(client),
    now: Date.now,
    randomKey,
  });
  const reporter = createReporter({ station, folder: join(folder, name), randomKey });
  return { name, station, reporter, reader: simulatedMeter(name) };
};

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

const stations: RunningStation[] = [];
for (const name of STATIONS) stations.push(await open(name));
await runGateway({
  stations,
  batchMs: Number(seconds) * 1000,
  sampleMs: SAMPLE_MS,
  signal: stopping.signal,
  now: Date.now,
  events: {
    delivered: async (station, deliveries) => {
      for (const delivery of deliveries)
        if (delivery.status === 'refused') log('batch refused', { station, ...delivery });
    },
    waiting: (station, reason) => log('service not reached; the batch waits', { station, reason }),
  },
});
hold.release();
log('stopped');
