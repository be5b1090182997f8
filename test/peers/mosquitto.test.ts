import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeIngestBody, toHex } from '@gridseal/protocol';
import { createGridsealClient, SdkError } from '@gridseal/sdk';
import mqtt from 'mqtt';
import { connectMessaging } from '../../backend/adapters/mqtt/client.ts';
import { createTestDatabase, createTestFolder, testLogger } from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { forwardOverMqtt } from '../../edge/gateway/forward.ts';
import { startService, type RunningService } from '../setup/service.ts';
import { MOSQUITTO, startMosquitto } from './programs/mosquitto.ts';

const BATCHES = 20;

test(
  'Mosquitto takes the place of the broker: batches sent through it are answered, and are in the log once',
  MOSQUITTO === undefined ? { skip: 'no mosquitto: apt-get install mosquitto' } : {},
  async (t) => {
    const folder = await createTestFolder();
    const closing: (() => Promise<unknown>)[] = [folder.remove];
    t.after(async () => {
      for (const close of closing.toReversed()) await close();
    });
    const broker = await startMosquitto(folder.path, ['service', 'device']);
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

test(
  'services share a TLS broker: each batch is taken once, also when one of them is killed meanwhile',
  MOSQUITTO === undefined ? { skip: 'no mosquitto: apt-get install mosquitto' } : {},
  async (t) => {
    const folder = await createTestFolder();
    const database = await createTestDatabase();
    const closing: (() => Promise<unknown>)[] = [folder.remove, database.close];
    t.after(async () => {
      for (const close of closing.toReversed()) await close();
    });
    const broker = await startMosquitto(folder.path, ['service'], 'tls');
    closing.push(broker.stop);
    const start = async (name: string, env: Record<string, string>): Promise<RunningService> => {
      const service = await startService({
        dataDir: join(folder.path, name),
        env: {
          DATABASE_URL: database.url,
          KEYS: 'development',
          PERIOD_KEY_DIR: join(folder.path, 'period-keys'),
          MQTT_URL: broker.urlOf('service'),
          MQTT_CA_FILE: broker.caFile,
          LOG_LEVEL: 'warn',
          ...env,
        },
      });
      closing.push(async () => {
        if (service.process.exitCode === null && service.process.signalCode === null) await service.stop();
      });
      return service;
    };
    const first = await start('first', { RPC_PORT: '0' });
    const second = await start('second', { RPC_URL: first.rpcUrl, DEPLOY: 'contracts' });
    const { device, domain } = await enrolledDevice(createGridsealClient({ url: first.url }));
    // The second one follows the chain on its own.
    const author = toHex(device.key.identity);
    await broker.admit(author);

    const ca = await readFile(broker.caFile, 'utf8');
    const connect = () =>
      forwardOverMqtt({
        url: broker.urlOf(author),
        ca,
        author: device.key.identity,
        answerWithinMs: 3_000,
      });
    const { forward, close } = await connect();
    closing.push(close);
    const statuses: string[] = [];
    const items = nextBatches(device, domain, BATCHES);
    for (const [i, item] of items.entries()) {
      if (i === BATCHES / 2) await second.kill();
      // As a station does: what has no receipt, or is refused for now, is sent again.
      for (;;) {
        const [delivery] = await forward([item]).catch((error: unknown) => {
          if (error instanceof SdkError && error.retryable) return [];
          throw error;
        });
        if (delivery === undefined || (delivery.status === 'refused' && delivery.retryable)) continue;
        statuses.push(delivery.status);
        break;
      }
    }
    assert.ok(
      statuses.every((status) => status === 'accepted' || status === 'duplicate'),
      statuses.join(),
    );
    const rows = await database.database.query<{ count: bigint }>(
      'SELECT count(*) AS count FROM statement WHERE author = $1',
      [device.key.identity],
    );
    assert.equal(rows[0]?.count, BigInt(BATCHES));
    await assert.rejects(
      forwardOverMqtt({ url: broker.urlOf(author), author: device.key.identity }),
      /certificate/u,
    );
  },
);

test(
  'Mosquitto goes on delivering to a service that could not answer many messages',
  MOSQUITTO === undefined ? { skip: 'no mosquitto: apt-get install mosquitto' } : {},
  async (t) => {
    const folder = await createTestFolder();
    t.after(folder.remove);
    const broker = await startMosquitto(folder.path, ['service', 'device']);
    t.after(broker.stop);
    const author = toHex(new Uint8Array(20).fill(7));
    const messaging = await connectMessaging({ url: broker.urlOf('service'), logger: testLogger });
    t.after(messaging.stop);
    const answered = new Set<string>();
    let failed = 0;
    await messaging.serve({
      requests: 'gridseal/v1/batches',
      answers: 'gridseal/v1/results',
      handle: async (payload) => {
        await sleep(1);
        // More than a broker leaves unacknowledged on all connections of a service together.
        if (failed < 200) {
          failed += 1;
          throw new Error('forced by the test');
        }
        answered.add(Buffer.from(payload).toString('utf8'));
        return 'taken';
      },
    });
    const device = await mqtt.connectAsync(broker.urlOf('device'), {
      reconnectPeriod: 0,
      protocolVersion: 5,
    });
    t.after(() => device.endAsync(true));
    for (let sent = 0; answered.size < 20; sent += 1) {
      assert.ok(sent < 3_000, `${failed} messages failed, ${answered.size} were answered after that`);
      await device.publishAsync(
        `gridseal/v1/batches/${author}/${String(sent).padStart(16, '0')}`,
        `message ${sent}`,
        { qos: 1 },
      );
      await sleep(10);
    }
  },
);
