import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGridsealClient } from '@gridseal/sdk';
import { forwardOverHttp, forwardOverMqtt } from '../../edge/gateway/forward.ts';
import { toHex } from '@gridseal/protocol';
import { createRandom } from '../faults/harness/random.ts';
import { gridseal } from '../setup/gridseal.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { enrolledDevice } from '../setup/served-log.ts';
import { closingLastFirst } from './cluster/closing.ts';
import { startDatabasePair } from './cluster/databases.ts';
import { judge, untilAtRest, watchCheckpoints, type Shown } from './cluster/judge.ts';
import { startServices } from './cluster/services.ts';
import { createStation, untilHeld, type Station } from './cluster/stations.ts';
import { startGeth } from './programs/geth.ts';
import { goPeer } from './programs/go.ts';
import { startKubo } from './programs/kubo.ts';
import { MOSQUITTO, startMosquitto } from './programs/mosquitto.ts';
import { pathOf } from './programs/peer.ts';

/** A long run asks for more: `PROMOTIONS=10 npm run test:peers -- failover`, with `SEED` to repeat one. */
const PROMOTIONS = Number(process.env.PROMOTIONS ?? 3);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const PROCESSES = 3;
const RECEIPTS_BETWEEN = 60;

const geth = await goPeer('geth');
const kubo = await goPeer('kubo');

test(`nothing acknowledged is lost in ${PROMOTIONS} promotions under load, and the log does not fork (seed ${seed})`, async (t) => {
  const random = createRandom(seed);
  const closing = closingLastFirst(t);
  const folder = await createTestFolder();
  closing(folder.remove);
  assert.ok(MOSQUITTO, 'no Mosquitto: apt-get install mosquitto');
  const chain = await startGeth(pathOf(geth));
  closing(chain.stop);
  const store = await startKubo(pathOf(kubo));
  closing(store.stop);
  const broker = await startMosquitto(folder.path, ['service']);
  closing(broker.stop);
  const databases = await startDatabasePair(folder.path);
  closing(databases.stop);
  const services = await startServices({
    count: PROCESSES,
    folder: folder.path,
    chain,
    env: {
      DATABASE_URL: databases.url,
      IPFS_API_URL: store.apiUrl,
      MQTT_URL: broker.urlOf('service'),
      ANCHOR_INTERVAL_MS: '2000',
    },
  });
  closing(services.stop);

  const client = createGridsealClient({ url: services.url, timeoutMs: 10_000 });
  const stations: Station[] = [];
  for (const way of ['http', 'http', 'mqtt', 'mqtt'] as const) {
    const enrolled = await enrolledDevice(client);
    const author = enrolled.device.key.identity;
    if (way === 'mqtt') await broker.admit(toHex(author));
    const overMqtt =
      way === 'mqtt'
        ? await forwardOverMqtt({ url: broker.urlOf(toHex(author)), author, answerWithinMs: 10_000 })
        : undefined;
    if (overMqtt !== undefined) closing(overMqtt.close);
    stations.push(
      createStation({
        name: `station ${stations.length + 1} over ${way}`,
        enrolled,
        forward: overMqtt?.forward ?? forwardOverHttp(client),
        random,
        pauseMs: 40,
      }),
    );
  }
  const held = (): number => stations.reduce((sum, station) => sum + station.held.size, 0);

  const shown: Shown = new Map();
  const until = { over: false };
  const working = Promise.all([
    watchCheckpoints([services.url, ...services.urls], shown, until),
    ...stations.map((station) => station.run(until)),
  ]);
  working.catch(() => undefined);
  for (let promotion = 0; promotion < PROMOTIONS; promotion += 1) {
    await untilHeld(stations, held() + RECEIPTS_BETWEEN);
    // A process goes as well: before the database does, with it, or not at all; the one that sequences among them.
    const victim = random.chance(0.5) ? await services.leader() : random.below(PROCESSES);
    const dies = promotion % 3 !== 2 && victim !== undefined;
    if (dies && random.chance(0.5)) await services.kill(victim);
    const how = promotion % 2 === 0 ? 'killed' : 'paused';
    await databases.failOver(how, async () => {
      if (dies) await services.kill(victim);
    });
    if (dies) await services.start(victim);
  }
  await untilHeld(stations, held() + RECEIPTS_BETWEEN);
  until.over = true;
  await working;

  await untilAtRest(services.url);
  const sizes = await Promise.all(services.urls.map((url) => judge(url, stations, shown)));
  const [size = 0n] = sizes;
  assert.deepEqual(sizes, Array(PROCESSES).fill(size));
  const audit = await gridseal('fsck', '--url', services.url, '--rpc', chain.rpcUrl, '--json');
  // Nothing is wrong; who vouches for the log's key is the service itself.
  assert.equal(audit.code, 5, audit.stdout + audit.stderr);
  t.diagnostic(
    `${PROMOTIONS} promotions: ${held()} receipts, a log of ${size} entries, ${shown.size} checkpoints shown`,
  );
});
