import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import mqtt, { type MqttClient } from 'mqtt';
import { startBroker } from '../../../backend/adapters/mqtt/broker.ts';
import { PortBusyError } from '../../../backend/adapters/net/listen.ts';
import { testLogger } from '../../setup/postgres.ts';

const OPTIONS = {
  port: { kind: 'exact', port: 0 },
  answers: 'gridseal/v1/results',
  maxMessageBytes: 1_000,
  logger: testLogger,
} as const;

const start = async (t: TestContext) => {
  const broker = await startBroker(OPTIONS);
  t.after(broker.stop);
  return broker;
};

const connect = async (t: TestContext, url: string) => {
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 0 });
  client.on('error', () => undefined);
  t.after(() => client.endAsync(true));
  return client;
};

const closing = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => {
    client.once('close', resolve);
  });

test('a message is acknowledged after it was taken, and its answer comes back', async (t) => {
  const order: string[] = [];
  const broker = await start(t);
  await broker.subscribe('gridseal/v1/batches', async (author, payload) => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push(`taken ${author} ${payload.length}`);
    await broker.publish(`gridseal/v1/results/${author}`, '{"results":[]}');
  });
  const device = await connect(t, broker.url);
  await device.subscribeAsync('gridseal/v1/results/0xab', { qos: 1 });
  const answer = new Promise<[string, Buffer]>((resolve) => {
    device.once('message', (topic, payload) => resolve([topic, payload]));
  });
  await device.publishAsync('gridseal/v1/batches/0xab', Buffer.alloc(7), { qos: 1 });
  order.push('acknowledged');
  const [topic, payload] = await answer;
  assert.deepEqual(order, ['taken 0xab 7', 'acknowledged']);
  assert.equal(topic, 'gridseal/v1/results/0xab');
  assert.equal(payload.toString(), '{"results":[]}');
});

test('a message that could not be taken is never acknowledged', async (t) => {
  const broker = await start(t);
  await broker.subscribe('gridseal/v1/batches', async () => {
    throw new Error('the database is away');
  });
  const device = await connect(t, broker.url);
  const closed = closing(device);
  let acknowledged = false;
  device.publish('gridseal/v1/batches/0xab', 'x', { qos: 1 }, (error) => {
    acknowledged = !error;
  });
  await closed;
  assert.equal(acknowledged, false);
});

for (const [name, topic, size] of [
  ['a topic that is not open', 'gridseal/v1/results/0xab', 1],
  ['a topic with another level', 'gridseal/v1/batches/0xab/more', 1],
  ['an oversize message', 'gridseal/v1/batches/0xab', 1_001],
] as const)
  test(`${name} ends the connection`, async (t) => {
    const taken: string[] = [];
    const broker = await start(t);
    await broker.subscribe('gridseal/v1/batches', async (author) => {
      taken.push(author);
    });
    const device = await connect(t, broker.url);
    const closed = closing(device);
    device.publish(topic, Buffer.alloc(size), { qos: 1 });
    await closed;
    assert.deepEqual(taken, []);
  });

test('devices read answers only, not what others send', async (t) => {
  const broker = await start(t);
  const device = await connect(t, broker.url);
  for (const topic of ['gridseal/v1/batches/0xab', '#', 'gridseal/v1/results/#/x', '$SYS/#'])
    await assert.rejects(device.subscribeAsync(topic, { qos: 1 }), topic);
});

test('a busy port is named with its variable', async (t) => {
  const broker = await start(t);
  const port = Number(new URL(broker.url).port);
  await assert.rejects(
    startBroker({ ...OPTIONS, port: { kind: 'exact', port } }),
    (error) => error instanceof PortBusyError && error.variable === 'MQTT_PORT' && error.port === port,
  );
});

test('stopping waits for a message under way', async () => {
  let finished = false;
  const broker = await startBroker(OPTIONS);
  let entered: () => void = () => undefined;
  const running = new Promise<void>((resolve) => {
    entered = resolve;
  });
  await broker.subscribe('gridseal/v1/batches', async () => {
    entered();
    await new Promise((resolve) => setTimeout(resolve, 50));
    finished = true;
  });
  const device = await mqtt.connectAsync(broker.url, { reconnectPeriod: 0 });
  device.on('error', () => undefined);
  device.publish('gridseal/v1/batches/0xab', 'x', { qos: 1 });
  await running;
  await broker.stop();
  assert.equal(finished, true);
  await device.endAsync(true);
});
