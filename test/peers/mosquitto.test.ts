import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeIngestBody, toHex } from '@gridseal/protocol';
import { createGridsealClient } from '@gridseal/sdk';
import mqtt from 'mqtt';
import { createTestFolder } from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { startService } from '../setup/service.ts';

const BROKER = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'].find(
  existsSync,
);
const BATCHES = 20;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** Mosquitto on loopback, with a password for the service and one for the device. */
const startMosquitto = async (program: string, folder: string) => {
  const port = await freePort();
  const passwords = join(folder, 'passwords');
  for (const [i, name] of ['service', 'device'].entries()) {
    const flags = i === 0 ? ['-c', '-b'] : ['-b'];
    assert.equal(spawnSync('mosquitto_passwd', [...flags, passwords, name, `${name} secret`]).status, 0);
  }
  const settings = join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${passwords}`,
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ];
  await writeFile(settings, `${lines.join('\n')}\n`);
  const broker = spawn(program, ['-c', settings], { stdio: 'ignore' });
  const ended = once(broker, 'exit');
  for (let attempt = 0; ; attempt += 1) {
    const socket = connectTcp(port, '127.0.0.1');
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) break;
    assert.ok(attempt < 100 && broker.exitCode === null, 'Mosquitto does not start');
    await sleep(50);
  }
  const urlOf = (name: string): string => `mqtt://${name}:${name}%20secret@127.0.0.1:${port}`;
  return {
    urlOf,
    stop: async () => {
      broker.kill();
      await ended;
    },
  };
};

test(
  'Mosquitto takes the place of the broker: batches sent through it are answered, and are in the log once',
  BROKER === undefined ? { skip: 'no mosquitto: apt-get install mosquitto' } : {},
  async (t) => {
    const folder = await createTestFolder();
    const closing: (() => Promise<unknown>)[] = [folder.remove];
    t.after(async () => {
      for (const close of closing.toReversed()) await close();
    });
    const broker = await startMosquitto(BROKER ?? '', folder.path);
    closing.push(broker.stop);
    const service = await startService({
      dataDir: join(folder.path, 'service'),
      env: { MQTT_URL: broker.urlOf('service'), RPC_PORT: '0', LOG_LEVEL: 'warn' },
    });
    closing.push(service.stop);
    const client = createGridsealClient({ url: service.url });
    const { device, domain } = await enrolledDevice(client);
    const author = toHex(device.key.identity);
    const messages = await mqtt.connectAsync(broker.urlOf('device'), {
      reconnectPeriod: 0,
      protocolVersion: 5,
    });
    closing.push(() => messages.endAsync(true));
    await messages.subscribeAsync(`gridseal/v1/results/${author}`, { qos: 1 });
    const answers: { status: string }[] = [];
    messages.on('message', (_topic, payload) => {
      answers.push(...(JSON.parse(payload.toString('utf8')) as { results: { status: string }[] }).results);
    });

    const items = nextBatches(device, domain, BATCHES);
    const [first] = items;
    assert.ok(first);
    // The first one twice: a delivery that is repeated gets the receipt it had.
    for (const batch of [...items, first]) {
      const body = Buffer.from(encodeIngestBody([batch]));
      await messages.publishAsync(`gridseal/v1/batches/${author}`, body, { qos: 1 });
    }
    for (let waited = 0; answers.length <= BATCHES; waited += 1) {
      assert.ok(waited < 400, `${answers.length} of ${BATCHES + 1} answers`);
      await sleep(50);
    }
    // Answers come as the batches are judged, which need not be the order they were published in.
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [
      ...items.map(() => 'accepted'),
      'duplicate',
    ]);
    for (let size = 0, waited = 0; size < BATCHES; waited += 1) {
      assert.ok(waited < 200, 'the batches are not in the log');
      size = Number((await (await fetch(`${service.url}/log/checkpoint`)).text()).split('\n')[1]);
      await sleep(50);
    }
    await assert.rejects(
      mqtt.connectAsync(broker.urlOf('stranger'), { reconnectPeriod: 0, protocolVersion: 5 }),
    );
  },
);
