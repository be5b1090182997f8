import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Aedes } from 'aedes';
import mqtt, { type MqttClient } from 'mqtt';
import { root } from '../../scripts/paths.ts';
import { createTestDatabase, createTestFolder } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

const METER = {
  format: 'gridseal-meter/1',
  channels: [
    { channel: 1, quantity: 'active-power', scale: 0, sign: '+ = consumed', unit: 'W', topic: 'meter/7' },
  ],
};

describe('strangers at the broker of the service', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let service: RunningService;
  let mqttUrl: string;
  let folder: string;

  before(async () => {
    const database = await createTestDatabase();
    closing.push(database.close);
    const temporary = await createTestFolder();
    closing.push(temporary.remove);
    folder = temporary.path;
    service = await startService({
      dataDir: join(folder, 'service'),
      env: { DATABASE_URL: database.url, RPC_PORT: '0', MQTT_PORT: '0', LOG_LEVEL: 'error' },
    });
    closing.push(service.stop);
    ({ mqttUrl } = service.places as unknown as { mqttUrl: string });
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  const connect = async (options = {}): Promise<MqttClient> => {
    const client = await mqtt.connectAsync(mqttUrl, { reconnectPeriod: 0, ...options }, false);
    client.on('error', () => undefined);
    closing.push(() => client.endAsync(true));
    return client;
  };
  const gridseal = (...args: string[]) => {
    const child = spawn(process.execPath, [join(root, 'cli/main.ts'), 'device', ...args]);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    return { child, output: () => output };
  };
  const done = async (...args: string[]): Promise<void> => {
    const { child, output } = gridseal(...args);
    await once(child, 'close');
    assert.equal(child.exitCode, 0, output());
  };

  it('lets no message to a gateway of others end it, or keep its receipts from it [E2]', async () => {
    const aedes = await Aedes.createBroker();
    const building = createServer(aedes.handle);
    building.listen(0, '127.0.0.1');
    await once(building, 'listening');
    closing.push(() => new Promise<void>((resolve) => aedes.close(() => building.close(() => resolve()))));
    const source = `mqtt://127.0.0.1:${(building.address() as AddressInfo).port}`;
    const [key, meter] = [join(folder, 'meter.key.json'), join(folder, 'meter.json')];
    await writeFile(meter, JSON.stringify(METER));
    await done('create', key, '--algorithm', 'secp256k1');
    await done('enrol', key, '--meter', meter, '--url', service.url, '--rpc', service.rpcUrl);
    const identity = /0x[0-9a-f]{40}/u.exec(
      (JSON.parse(await readFile(key, 'utf8')) as { identity: string }).identity.toLowerCase(),
    )?.[0];
    assert.ok(identity);

    const places = ['--source', source, '--url', service.url, '--mqtt', mqttUrl];
    const { child, output } = gridseal('run', key, meter, '--every', '0.3', ...places);
    const stranger = await connect();
    for (let step = 0; !/[1-9]\d* readings, /u.test(output()) || step < 60; step += 1) {
      assert.ok(child.exitCode === null && step < 600, output());
      for (let n = 0; n < 25; n += 1) {
        await stranger.publishAsync(`gridseal/v1/batches/${identity}`, 'x', { qos: 1 });
        await sleep(1);
      }
      aedes.publish(
        { cmd: 'publish', topic: 'meter/7', payload: String(step), qos: 1, retain: false, dup: false },
        () => undefined,
      );
    }
    child.kill('SIGINT');
    await once(child, 'close');
    assert.equal(child.exitCode, 0, output());
    assert.match(output(), /([1-9]\d*) readings in ([1-9]\d*) batches; \2 receipts .*, 0 batches wait/u);
  });
});
