import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileError } from '../../../edge/readers/file-error.ts';
import { MessageError, readMessage } from '../../../edge/readers/message.ts';
import { parseMeterFile, type MeterChannel } from '../../../edge/readers/meter-file.ts';

const CHANNEL: MeterChannel = {
  channel: 1,
  quantity: 'active-power',
  scale: -2,
  sign: '+ = consumed',
  unit: 'W',
  topic: 'meter/7',
};
const NOW = 1_763_683_200_000;
const IN_JSON: MeterChannel = { ...CHANNEL, value: '/params/a~1power', time: '/ts' };
const jsonOf = (value: unknown, ts: unknown) => JSON.stringify({ params: { 'a/power': value }, ts });

test('a bare number is a reading of the time it arrived, exact where its decimals fit the scale', () => {
  const read = (payload: string, scale = -2) => readMessage({ ...CHANNEL, scale }, payload, NOW).value;
  assert.equal(read('12.5'), 1_250n);
  assert.equal(read(' -0.05\n'), -5n);
  assert.equal(read('1.239'), 124n);
  assert.equal(read('1e3'), 100_000n);
  assert.equal(read('12345', 3), 12n);
  assert.equal(read('90071992547409931'), 9_007_199_254_740_993_100n);
  assert.deepEqual(readMessage(CHANNEL, '1', NOW), {
    timeMs: BigInt(NOW),
    channel: 1,
    quality: 0,
    value: 100n,
  });
});

test('a JSON message names value and time: seconds, milliseconds or ISO 8601', () => {
  const timeOf = (ts: unknown) => readMessage(IN_JSON, jsonOf(3, ts), 1_763_683_200_000).timeMs;
  assert.equal(timeOf(1_763_683_200), 1_763_683_200_000n);
  assert.equal(timeOf(1_763_683_200.25), 1_763_683_200_250n);
  assert.equal(timeOf(1_763_683_200_123), 1_763_683_200_123n);
  assert.equal(timeOf('2025-11-21T00:00:00Z'), 1_763_683_200_000n);
});

test('a message that does not hold what its channel says is refused with its topic', () => {
  const refused = (channel: MeterChannel, payload: string, words: RegExp) =>
    assert.throws(
      () => readMessage(channel, payload, NOW),
      (error) => error instanceof MessageError && words.test(error.message),
    );
  refused(CHANNEL, 'offline', /^meter\/7: no number/u);
  refused(CHANNEL, '', /no number/u);
  refused(CHANNEL, 'Infinity', /no number/u);
  refused(CHANNEL, '1e308', /no number/u);
  refused(CHANNEL, '9'.repeat(19), /64 bits/u);
  refused(IN_JSON, '{', /^meter\/7: not JSON/u);
  refused(IN_JSON, '{"params":{}}', /\/params\/a~1power: no number/u);
  refused(IN_JSON, jsonOf({ nested: 1 }, 1), /no number/u);
  refused(IN_JSON, jsonOf(1, 'yesterday'), /^meter\/7\/ts: no time/u);
  refused(IN_JSON, jsonOf(1, -5), /no time/u);
});

test('numbers are read as they are written, whatever a double would make of them [A8]', () => {
  const read = (payload: string): bigint =>
    readMessage({ ...CHANNEL, scale: 0, value: '/v' }, payload, NOW).value;
  assert.equal(read('{"v":9007199254740993}'), 9_007_199_254_740_993n);
  assert.equal(read('{"v":-9223372036854775808}'), -9_223_372_036_854_775_808n);
  assert.equal(read('{"v":9.007199254740993e15}'), 9_007_199_254_740_993n);
  assert.equal(read('{"v":"9007199254740993"}'), 9_007_199_254_740_993n);
});

test('a time is a number or ISO 8601 with an offset, of a clock that was set [A8]', () => {
  const timeOf = (ts: unknown): bigint => readMessage(IN_JSON, jsonOf(3, ts), NOW).timeMs;
  const refused = (ts: unknown, words: RegExp): void =>
    assert.throws(
      () => timeOf(ts),
      (error) => error instanceof MessageError && words.test(error.message),
      JSON.stringify(ts),
    );
  refused(0, /clock is not set, it shows 1970-01-01T00:00:00\.000Z/u);
  refused(60.002, /clock is not set/u);
  refused(946_684_799, /clock is not set/u);
  assert.equal(timeOf(946_684_800), 946_684_800_000n);
  for (const text of [
    '1',
    '0',
    '1763683200',
    '2025-11-21',
    '2025-11-21T00:00:00',
    '21.11.2025',
    '2025-02-30T00:00:00Z',
  ])
    refused(text, /no time/u);
  for (const other of [null, true, [1_763_683_200], {}]) refused(other, /no time/u);
  assert.equal(timeOf('2025-11-21T01:00:00.5+01:00'), 1_763_683_200_500n);
});

test('while the clock of this machine is not set, a message without a time is not taken [A8]', () => {
  assert.throws(() => readMessage(CHANNEL, '1', 5_000), /the clock of this machine is not set/u);
  assert.equal(readMessage(IN_JSON, jsonOf(1, 1_763_683_200), 5_000).timeMs, 1_763_683_200_000n);
});

test('a time ahead of this clock is kept: a clock that is behind would lose what meters say [A3]', () => {
  assert.equal(readMessage(IN_JSON, jsonOf(1, 2_085_955_200), NOW).timeMs, 2_085_955_200_000n);
});

const fileOf = (channel: object) => JSON.stringify({ format: 'gridseal-meter/1', channels: [channel] });

test('a meter file makes the profile of its channels, ascending', () => {
  const second = { ...CHANNEL, channel: 0, topic: 'meter/8' };
  const text = JSON.stringify({ format: 'gridseal-meter/1', channels: [CHANNEL, second] });
  const { channels, profile } = parseMeterFile(text, 'meter.json');
  assert.deepEqual(
    channels.map(({ topic }) => topic),
    ['meter/8', 'meter/7'],
  );
  const { topic: _topic, ...entry } = CHANNEL;
  assert.deepEqual(profile, {
    format: 'gridseal-profile/1',
    channels: [{ ...entry, channel: 0 }, entry],
  });
});

test('a meter file with a mistake is refused with the place', () => {
  const refused = (text: string, words: RegExp) =>
    assert.throws(
      () => parseMeterFile(text, 'meter.json'),
      (error) => error instanceof FileError && error.code === 'malformed' && words.test(error.message),
    );
  refused('{', /^meter\.json: /u);
  refused(fileOf({ ...CHANNEL, topic: 'meter/+' }), /without wildcards[\s\S]*channels\[0\]\.topic/u);
  refused(fileOf({ ...CHANNEL, value: 'apower' }), /JSON pointer/u);
  refused(fileOf({ ...CHANNEL, chanel: 1 }), /chanel/u);
  refused(fileOf({ ...CHANNEL, quantity: 'Active Power' }), /quantity/u);
  refused(JSON.stringify({ format: 'gridseal-meter/1', channels: [CHANNEL, CHANNEL] }), /NotAscending/u);
});

test('numbers of messages are decimal text, halves rounded as mirror images [B6]', () => {
  const read = (payload: string, scale = -1) => readMessage({ ...CHANNEL, scale }, payload, NOW).value;
  assert.equal(read('0.25'), 3n);
  assert.equal(read('-0.25'), -3n);
  assert.throws(() => read('0x1F'), MessageError);
  assert.throws(() => read('1e300'), MessageError);
  assert.throws(() => read('10000000000000000000'), MessageError);
});

test('a meter file names units of the list [B9]', () => {
  for (const unit of ['kw', 'mw', 'furlongs'])
    assert.throws(
      () => parseMeterFile(fileOf({ ...CHANNEL, unit }), 'meter.json'),
      (error) => error instanceof FileError && error.message.includes('expected one of 1, W, kW'),
    );
});
