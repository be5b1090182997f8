import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { decodeIngestBody, toHex } from '@gridseal/protocol';
import { SdkError } from '@gridseal/sdk';
import { Aedes, type PublishPacket } from 'aedes';
import { forwardOverMqtt, type MqttForward } from '../../../edge/gateway/forward.ts';
import { createTestDevice } from '../../setup/devices.ts';

const DIGEST = `0x${'11'.repeat(32)}`;
const REFUSED = {
  status: 'refused',
  digest: DIGEST,
  code: 'malformed',
  field: 'x',
  message: 'x',
  retryable: false,
};

describe('batches over a broker where anyone may publish', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let broker: Aedes;
  let way: MqttForward;
  let requests = 0;
  /** What others publish while an answer is awaited, and the answer. */
  let answers: (topic: string) => readonly (readonly [topic: string, payload: string | Buffer])[] = () => [];
  const device = createTestDevice();
  const author = toHex(device.key.identity);

  before(async () => {
    broker = await Aedes.createBroker();
    const server = createServer(broker.handle);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => new Promise<void>((resolve) => broker.close(() => server.close(() => resolve()))));
    broker.on('publish', ({ topic, payload }: PublishPacket, client) => {
      if (client === null || !topic.startsWith('gridseal/v1/batches/')) return;
      requests += decodeIngestBody(payload as Buffer).length;
      for (const [to, answer] of answers(topic.replace('batches', 'results'))) {
        const packet = {
          cmd: 'publish',
          topic: to,
          payload: answer,
          qos: 1,
          retain: false,
          dup: false,
        } as const;
        broker.publish(packet, () => undefined);
      }
    });
    way = await forwardOverMqtt({
      url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
      author: device.key.identity,
      answerWithinMs: 400,
    });
    closing.push(way.close);
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  const send = () => {
    const { authorPart, payload } = device.next();
    return way.forward([{ authorPart, ...payload! }]);
  };
  const code = async (): Promise<string> => {
    try {
      await send();
    } catch (error) {
      assert.ok(error instanceof SdkError && error.retryable, String(error));
      return error.code;
    }
    throw new Error('an answer was believed');
  };

  it('takes the answer that carries the value of its request, whatever else comes', async () => {
    const answered = JSON.stringify({ results: [REFUSED] });
    const others = [
      'x',
      '{}',
      '{"error":{"code":"malformed","message":"x"}}',
      answered.replace('malformed', 'forged'),
    ];
    answers = (topic) => [
      ...others.flatMap((text) => [
        [`gridseal/v1/results/${author}`, text] as const,
        [`gridseal/v1/results/${author}/AAAAAAAAAAAAAAAAAAAAAA`, text] as const,
        [`${topic}A`, text] as const,
      ]),
      [topic, answered],
    ];
    assert.deepEqual(await send(), [REFUSED]);
  });

  it('asks with another value each time, and takes no answer to an earlier request', async () => {
    const topics: string[] = [];
    answers = (topic) => {
      topics.push(topic);
      return topics.slice(0, -1).map((earlier) => [earlier, JSON.stringify({ results: [REFUSED] })] as const);
    };
    assert.equal(await code(), 'unreachable');
    assert.equal(await code(), 'unreachable');
    assert.equal(new Set(topics).size, 2);
    assert.match(topics[0] ?? '', new RegExp(`^gridseal/v1/results/${author}/[A-Za-z0-9_-]{22}$`, 'u'));
  });

  it('goes on after any answer of the service itself', async () => {
    for (const payload of [
      '',
      'x',
      '[]',
      'null',
      '{"results":[]}',
      '{"results":[{}]}',
      Buffer.of(0xff, 0, 0xc3),
    ]) {
      answers = (topic) => [[topic, payload]];
      assert.equal(await code(), 'unexpected-answer', String(payload));
    }
    answers = (topic) => [[topic, '{"error":{"code":"too-many-batches","message":"at most 1"}}']];
    assert.equal(await code(), 'refused');
    const before = requests;
    answers = (topic) => [[topic, JSON.stringify({ results: [REFUSED] })]];
    assert.deepEqual(await send(), [REFUSED]);
    assert.equal(requests, before + 1, 'what was given up was sent again');
  });
});
