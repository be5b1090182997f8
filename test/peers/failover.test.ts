import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createGridsealClient } from '@gridseal/sdk';
import { forwardOverHttp } from '../../edge/gateway/forward.ts';
import { createRandom } from '../faults/harness/random.ts';
import { gridseal } from '../setup/gridseal.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { enrolledDevice } from '../setup/served-log.ts';
import { startService } from '../setup/service.ts';
import { closingLastFirst } from './cluster/closing.ts';
import { startDatabasePair } from './cluster/databases.ts';
import { judge, untilAtRest, watchCheckpoints, type Shown } from './cluster/judge.ts';
import { createStation, untilHeld } from './cluster/stations.ts';

const seed = Date.now() % 1_000_000;

test(`a service goes on by itself when its database's standby takes over (seed ${seed})`, async (t) => {
  const closing = closingLastFirst(t);
  const random = createRandom(seed);
  const folder = await createTestFolder();
  closing(folder.remove);
  const databases = await startDatabasePair(folder.path);
  closing(databases.stop);
  const service = await startService({
    dataDir: join(folder.path, 'service'),
    env: {
      DATABASE_URL: databases.url,
      RPC_PORT: '0',
      MQTT_PORT: '0',
      LOG_LEVEL: 'warn',
      ANCHOR_INTERVAL_MS: '1000',
    },
  });
  closing(service.stop);
  const client = createGridsealClient({ url: service.url, timeoutMs: 10_000 });
  const station = createStation({
    name: 'station',
    enrolled: await enrolledDevice(client),
    forward: forwardOverHttp(client),
    random,
    pauseMs: 30,
  });
  const shown: Shown = new Map();
  const until = { over: false };
  const watching = watchCheckpoints([service.url], shown, until);
  const sending = station.run(until);
  sending.catch(() => undefined);
  await untilHeld([station], 20);
  await databases.failOver('killed');
  await untilHeld([station], station.held.size + 20);
  until.over = true;
  await Promise.all([sending, watching]);
  await untilAtRest(service.url);
  const size = await judge(service.url, [station], shown);
  assert.ok(size >= 40n, `only ${size} entries`);
  const audit = await gridseal('fsck', '--url', service.url, '--rpc', service.rpcUrl, '--json');
  assert.equal(audit.code, 0, audit.stdout + audit.stderr);
});
