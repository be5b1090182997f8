import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
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
    for (let step = 0; !/[1-9]\d* readings, /u.test(output()) || step < 15; step += 1) {
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

  const within = async (holds: () => boolean, what: string): Promise<void> => {
    for (let waited = 0; !holds(); waited += 1) {
      assert.ok(waited < 300, what);
      await sleep(20);
    }
  };
  const RESULTS = `gridseal/v1/results/0x${'ab'.repeat(20)}`;

  it('ends a connection at the header that announces too much, and one that is never introduced [D6] [E9]', async () => {
    const hello = Buffer.from('100d00044d5154540402003c000178', 'hex');
    // Remaining lengths of 200 MB, of 256 MiB less one byte, and of a message before any CONNECT.
    for (const [first, header] of [
      [hello, '308084af5f'],
      [hello, '30ffffff7f'],
      [hello, '30ffffffff7f'],
      [hello, '82ffff03'],
      [Buffer.alloc(0), '3003'],
    ] as const) {
      const socket = connectTcp(Number(new URL(mqttUrl).port), '127.0.0.1');
      let closed = false;
      socket
        .on('error', () => undefined)
        .on('close', () => {
          closed = true;
        });
      socket.resume();
      socket.write(Buffer.concat([first, Buffer.from(header, 'hex')]));
      await within(() => closed, `${header} was taken`);
    }
  });

  it('throws nobody out whose client identifier another one takes [E9]', async () => {
    const victim = await connect({ clientId: 'gridseal-victim' });
    await victim.subscribeAsync(RESULTS, { qos: 1 });
    for (const clientId of ['gridseal-victim', 'x'.repeat(1_000)]) {
      const stranger = await connect({ clientId });
      // What the broker does for a stranger is done when it answers.
      await stranger.subscribeAsync(RESULTS, { qos: 1 });
      await stranger.endAsync(true);
    }
    await victim.subscribeAsync(RESULTS, { qos: 1 });
    assert.ok(victim.connected);
    await assert.rejects(connect({ clientId: 'x'.repeat(60_000), connectTimeout: 5_000 }));
  });

  it('lets nobody listen to everybody, or subscribe without end [D6]', async () => {
    const stranger = await connect();
    for (const topic of ['gridseal/v1/results/#', 'gridseal/v1/results/+', '#'])
      await assert.rejects(stranger.subscribeAsync(topic, { qos: 1 }), topic);
    const many = Array.from({ length: 40 }, (_, i) => `${RESULTS}/${String(i).padStart(16, '0')}`);
    await assert.rejects(stranger.subscribeAsync(many, { qos: 1 }));
    await stranger.endAsync(true);
  });

  it('keeps no session for a device that has gone [D6]', async () => {
    const session = { clientId: 'gridseal-gone', clean: false } as const;
    const first = await connect(session);
    await first.subscribeAsync(RESULTS, { qos: 1 });
    await first.endAsync();
    const again = mqtt.connect(mqttUrl, { ...session, reconnectPeriod: 0 });
    closing.push(() => again.endAsync(true));
    const { sessionPresent } = await new Promise<{ sessionPresent: boolean }>((resolve, reject) => {
      again.once('connect', resolve).once('error', reject);
    });
    assert.equal(sessionPresent, false);
  });

  it('keeps nothing of 400 retained messages of a mebibyte [D6] [E9]', async () => {
    const resident = async (): Promise<number> => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return Number(/^process_resident_memory_bytes (\S+)$/mu.exec(text)?.[1]) / 2 ** 20;
    };
    const stranger = await connect();
    const before = await resident();
    const payload = Buffer.alloc(2 ** 20);
    for (let i = 0; i < 400; i += 1) {
      const topic = `gridseal/v1/batches/0x${i.toString(16).padStart(40, '0')}`;
      await stranger.publishAsync(topic, payload, { qos: 1, retain: true });
    }
    const grown = (await resident()) - before;
    assert.ok(grown < 300, `${grown.toFixed(0)} MiB more`);
  });
});
