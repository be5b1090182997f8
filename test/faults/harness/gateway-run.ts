import assert from 'node:assert/strict';
import { join } from 'node:path';
import { toHex, type Reading } from '@gridseal/protocol';
import { deviceKeyFrom } from '@gridseal/sdk';
import { createReporter } from '../../../edge/gateway/reporter.ts';
import { runRound } from '../../../edge/gateway/run.ts';
import { openStation, type Station } from '../../../edge/gateway/station.ts';
import { openJournal, type Journal } from '../../../edge/readers/journal.ts';
import { readMessage } from '../../../edge/readers/message.ts';
import type { MeterChannel } from '../../../edge/readers/meter-file.ts';
import { isDiskFull } from '../../../edge/spool/disk.ts';
import { holdAlone } from '../../../edge/spool/holder.ts';
import { InUseError } from '../../../edge/spool/in-use-error.ts';
import { TEST_NOW, TEST_PROFILE, testDomain } from '../../setup/devices.ts';
import { testOperator } from '../../setup/operator.ts';
import { createBurningDisk, PowerCut } from './burning-disk.ts';
import { createLyingService } from './lying-service.ts';
import type { Random } from './random.ts';

const FOLDER = '/station';
const key = deviceKeyFrom('p256', new Uint8Array(32).fill(0x5e));
const HOUR = 3_600_000;
const LONG_AFTER = TEST_NOW + 5_000 * 365 * 24 * HOUR;
const CHANNELS: readonly MeterChannel[] = [1, 2].map((channel) => ({
  channel,
  quantity: 'active-power',
  scale: 0,
  sign: '+',
  unit: 'W',
  topic: `meter/${channel}`,
  value: '/v',
  time: '/t',
}));

type Message = { readonly channel: MeterChannel; readonly payload: string };
type Life = { readonly station: Station; readonly journal: Journal };

/** What a meter says: its clock jumps, and what it said it may say again, or otherwise. */
const createMeter = (random: Random): (() => Message) => {
  let clock = TEST_NOW - 48 * HOUR;
  const said: { readonly channel: MeterChannel; readonly t: number; readonly v: string }[] = [];
  return () => {
    const kind = random.below(12);
    const before = said.length > 0 && kind < 3 ? random.pick(said) : undefined;
    if (kind === 3) clock += (random.below(3) - 1) * random.pick([1, 24, 24 * 365 * 10]) * HOUR;
    clock = Math.max(clock + random.below(90) * 1_000, Date.UTC(2001, 0, 1));
    const channel = before?.channel ?? random.pick(CHANNELS);
    const t = before?.t ?? clock;
    const fresh = `9007199254740${String(random.below(1_000)).padStart(3, '0')}`;
    const v = before === undefined || kind === 0 ? fresh : before.v;
    said.push({ channel, t, v });
    return { channel, payload: `{"v":${v},"t":${t}}` };
  };
};

const keyText = ({ channel, timeMs }: Reading): string => `${channel} at ${timeMs}`;

/**
 * One gateway's life under fire: power cuts at any change of its disk, a full disk, a meter and a gateway whose clocks jump, a
 * service that lies, a second process. In the end all is well, and every reading that was acknowledged is signed once.
 *
 * @param folder a real one, for the locks
 */
export const runGatewayUnderFire = async (random: Random, folder: string): Promise<void> => {
  const disk = createBurningDisk(random);
  const service = createLyingService(random);
  const meter = createMeter(random);
  const lock = join(folder, 'key');
  let clock = TEST_NOW;
  let batchKeys = 0;
  const now = (): number => clock;
  const randomKey = (): Uint8Array => {
    batchKeys += 1;
    return new Uint8Array(32).fill(batchKeys % 251);
  };
  /** The value that was acknowledged first, for each channel and time. */
  const acknowledged = new Map<string, bigint>();
  const counted = { conflicting: 0, told: 0 };
  const pending: Message[] = [];

  const open = async (): Promise<Life> => {
    const station = await openStation({
      key,
      identity: key.firstIdentity,
      domain: testDomain,
      operator: testOperator,
      profile: TEST_PROFILE,
      folder: FOLDER,
      forward: service.forward,
      now,
      randomKey,
      batchesPerRequest: 1 + random.below(4),
      disk,
    });
    return { station, journal: await openJournal(FOLDER, station.next(), disk) };
  };

  /** Hands a message over, as a broker does: it comes again until it is acknowledged, and sometimes after that. */
  const deliver = async ({ journal }: Life, message: Message): Promise<void> => {
    const reading = readMessage(message.channel, message.payload, now());
    let taken;
    try {
      [taken] = await journal.append([reading]);
    } catch (error) {
      if (isDiskFull(error) || error instanceof PowerCut) pending.push(message);
      if (isDiskFull(error)) return;
      throw error;
    }
    const name = keyText(reading);
    if (taken === 'conflicting') counted.conflicting += 1;
    else if (!acknowledged.has(name)) acknowledged.set(name, reading.value);
    const first = acknowledged.get(name);
    if (first !== reading.value) counted.told += 1;
    if (random.chance(0.1)) pending.push(message);
  };

  const round = ({ station, journal }: Life): Promise<void> =>
    runRound(
      {
        name: 'station',
        station,
        reporter: createReporter({ station, folder: FOLDER, randomKey }),
        reader: {
          ...journal,
          read: ({ toMs }) =>
            Promise.resolve(journal.waiting().filter(({ timeMs }) => timeMs < BigInt(toMs))),
        },
      },
      { fromMs: 0, toMs: now(), everyMs: 1 },
      {},
    );

  const live = async (): Promise<void> => {
    const hold = await holdAlone(lock);
    try {
      if (random.chance(0.7)) disk.cutAt(1 + random.below(80));
      const life = await open();
      for (let rounds = 1 + random.below(6); rounds > 0; rounds -= 1) {
        disk.fill(random.chance(0.3) ? random.pick([10, 50, 100]) : 0);
        clock = TEST_NOW + (random.chance(0.3) ? (random.below(200) - 100) * HOUR : 0);
        for (let messages = random.below(6); messages > 0; messages -= 1)
          await deliver(life, random.chance(0.5) ? (pending.shift() ?? meter()) : meter());
        if (random.chance(0.1)) await assert.rejects(holdAlone(lock), InUseError);
        await round(life);
      }
    } catch (error) {
      // A full disk keeps a process from starting; it is started again.
      if (!(error instanceof PowerCut) && !isDiskFull(error)) throw error;
    } finally {
      hold.release();
    }
    disk.fill(0);
    disk.restart();
  };

  for (let lives = 1 + random.below(6); lives > 0; lives -= 1) await live();
  service.behave();
  clock = LONG_AFTER;
  const last = await open();
  while (pending.length > 0) await deliver(last, pending.shift()!);
  for (let rounds = 0; rounds < 3; rounds += 1) await round(last);
  assert.deepEqual([last.station.waiting(), last.journal.waiting()], [0, []], 'nothing waits in the end');

  const setAside = disk.names(join(FOLDER, 'spool', 'refused')).filter((name) => name.endsWith('.batch'));
  for (const [sequence, batches] of service.sent)
    assert.equal(batches.size, 1, `number ${sequence} was signed twice: an honest device is accused`);
  const batches = [...service.sent.values()].flatMap((ofNumber) => [...ofNumber.values()]);
  const next = last.station.next().sequence;
  assert.equal(BigInt(batches.length), next, 'every number was sent');
  const refused = batches.filter(({ sequence }) => last.station.isRefused(sequence));
  assert.equal(setAside.length, refused.length, 'what is refused for good is kept and counted');
  for (const { digest } of refused) assert.ok(service.refused.has(digest), 'nothing else is set aside');
  for (const { digest, sequence } of batches)
    assert.ok(last.station.isRefused(sequence) || service.accepted.has(digest), `number ${sequence} is lost`);
  const signed = new Map<string, bigint>();
  for (const reading of batches.flatMap(({ readings }) => readings)) {
    assert.ok(!signed.has(keyText(reading)), `${keyText(reading)} was signed twice`);
    signed.set(keyText(reading), reading.value);
  }
  assert.deepEqual(
    [...signed].filter(([name, value]) => acknowledged.get(name) !== value),
    [],
    'no value is signed but the one that was acknowledged',
  );
  for (const name of acknowledged.keys()) assert.ok(signed.has(name), `${name} was acknowledged and is lost`);
  assert.equal(counted.conflicting, counted.told, 'what contradicts an acknowledged value is told');
  assert.equal(toHex(last.station.author), toHex(key.firstIdentity));
};
