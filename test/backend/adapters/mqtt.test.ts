import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import mqtt, { type MqttClient } from 'mqtt';
import { startBroker } from '../../../backend/adapters/mqtt/broker.ts';
import { PortBusyError } from '../../../backend/adapters/net/listen.ts';
import { testLogger } from '../../setup/postgres.ts';

const OPTIONS = {
  port: { kind: 'exact', port: 0 },
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

const [VICTIM, STRANGER] = [`0x${'ab'.repeat(20)}`, `0x${'cd'.repeat(20)}`];
const CORRELATION = 'c0RRelation_-0123456789';
const BATCHES = `gridseal/v1/batches/${VICTIM}`;
const RESULTS = `gridseal/v1/results/${VICTIM}`;

const service = (handle: (payload: Uint8Array) => Promise<string>) => ({
  requests: 'gridseal/v1/batches',
  answers: 'gridseal/v1/results',
  handle,
});
const heardBy = (client: MqttClient): string[] => {
  const heard: string[] = [];
  client.on('message', (topic, payload) => heard.push(`${topic} ${payload.toString()}`));
  return heard;
};

test('a message is acknowledged after it was taken, and its answer comes back with its correlation value', async (t) => {
  const order: string[] = [];
  const broker = await start(t);
  await broker.serve(
    service(async (payload) => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`taken ${payload.length}`);
      return '{"results":[]}';
    }),
  );
  const device = await connect(t, broker.url);
  for (const [asked, filter, answered] of [
    [`${BATCHES}/${CORRELATION}`, `${RESULTS}/+`, `${RESULTS}/${CORRELATION}`],
    [BATCHES, RESULTS, RESULTS],
  ] as const) {
    order.length = 0;
    await device.subscribeAsync(filter, { qos: 1 });
    const answer = new Promise<string>((resolve) => {
      device.once('message', (topic, payload) => resolve(`${topic} ${payload.toString()}`));
    });
    await device.publishAsync(asked, Buffer.alloc(7), { qos: 1 });
    order.push('acknowledged');
    assert.equal(await answer, `${answered} {"results":[]}`);
    assert.deepEqual(order, ['taken 7', 'acknowledged']);
    await device.unsubscribeAsync(filter);
  }
});

test('a message that could not be taken is never acknowledged', async (t) => {
  const broker = await start(t);
  await broker.serve(
    service(async () => {
      throw new Error('the database is away');
    }),
  );
  const device = await connect(t, broker.url);
  const closed = closing(device);
  let acknowledged = false;
  device.publish(BATCHES, 'x', { qos: 1 }, (error) => {
    acknowledged = !error;
  });
  await closed;
  assert.equal(acknowledged, false);
});

for (const [name, topic, size, qos] of [
  ['a topic that is not open', RESULTS, 1, 1],
  ['an author that is no address', 'gridseal/v1/batches/0xab', 1, 1],
  ['a correlation value that can be guessed', `${BATCHES}/1`, 1, 1],
  ['a correlation value that is too long', `${BATCHES}/${'a'.repeat(65)}`, 1, 1],
  ['a correlation value of other letters', `${BATCHES}/${'a'.repeat(15)} ä`, 1, 1],
  ['a topic with another level', `${BATCHES}/${CORRELATION}/more`, 1, 1],
  ['an oversize message', BATCHES, 1_001, 1],
  ['a quality of service that would be kept', BATCHES, 1, 2],
] as const)
  test(`${name} ends the connection`, async (t) => {
    let taken = 0;
    const broker = await start(t);
    await broker.serve(
      service(async () => {
        taken += 1;
        return '';
      }),
    );
    const device = await connect(t, broker.url);
    const closed = closing(device);
    device.publish(topic, Buffer.alloc(size), { qos });
    await closed;
    assert.equal(taken, 0);
  });

test('an answer goes to the connection that asked and to no other, whoever subscribes to it', async (t) => {
  const broker = await start(t);
  await broker.serve(service(async () => 'answer'));
  const [victim, stranger] = [await connect(t, broker.url), await connect(t, broker.url)];
  const [own, others] = [heardBy(victim), heardBy(stranger)];
  for (const client of [victim, stranger]) await client.subscribeAsync([`${RESULTS}/+`, RESULTS], { qos: 1 });
  await victim.publishAsync(`${BATCHES}/${CORRELATION}`, 'x', { qos: 1 });
  await victim.publishAsync(BATCHES, 'x', { qos: 1 });
  // The stranger's own answer comes after anything that it should not have had.
  await stranger.subscribeAsync(`gridseal/v1/results/${STRANGER}`, { qos: 1 });
  await stranger.publishAsync(`gridseal/v1/batches/${STRANGER}`, 'x', { qos: 1 });
  while (others.length === 0 || own.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(others, [`gridseal/v1/results/${STRANGER} answer`]);
  assert.deepEqual(own, [`${RESULTS}/${CORRELATION} answer`, `${RESULTS} answer`]);
});

test('devices read answers to one author only, not what others send', async (t) => {
  const broker = await start(t);
  await broker.serve(service(async () => ''));
  const device = await connect(t, broker.url);
  for (const topic of [
    BATCHES,
    `${BATCHES}/+`,
    '#',
    '+/+/+/+',
    'gridseal/v1/results/#',
    'gridseal/v1/results/+',
    'gridseal/v1/results/+/+',
    `${RESULTS}/#`,
    `${RESULTS}/+/+`,
    '$SYS/#',
  ])
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
  await broker.serve(
    service(async () => {
      entered();
      await new Promise((resolve) => setTimeout(resolve, 50));
      finished = true;
      return '';
    }),
  );
  const device = await mqtt.connectAsync(broker.url, { reconnectPeriod: 0 });
  device.on('error', () => undefined);
  device.publish(BATCHES, 'x', { qos: 1 });
  await running;
  await broker.stop();
  assert.equal(finished, true);
  await device.endAsync(true);
});
