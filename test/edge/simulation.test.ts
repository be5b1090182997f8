import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STATIONS, simulatedMeter } from '../../edge/simulation/alliance.ts';
import { GOOD_SIMULATED, SIMULATED_CHANNELS } from '../../edge/simulation/profile.ts';
import type { Reading } from '@gridseal/protocol';

/** Midnight of a June day in Shanghai, where the stations are. */
const DAY = Date.UTC(2026, 5, 20, 16);
const HOUR_MS = 3_600_000;
const day = { fromMs: DAY, toMs: DAY + 24 * HOUR_MS, everyMs: 60_000 };
const at = (readings: readonly Reading[], channel: number) =>
  readings.filter((reading) => reading.channel === channel);
const powerOf = async (station: string) =>
  at(await simulatedMeter(station).read(day), SIMULATED_CHANNELS.activePower);

test('every simulated reading says that no meter measured it', async () => {
  assert.equal(STATIONS.length, 5);
  for (const station of STATIONS) {
    const readings = await simulatedMeter(station).read(day);
    assert.ok(readings.length >= 1440);
    assert.ok(readings.every(({ quality }) => (quality & GOOD_SIMULATED) !== 0));
  }
});

test('the same moment gives the same reading, whatever was read before', async () => {
  for (const station of STATIONS) {
    const whole = await simulatedMeter(station).read(day);
    const noon = DAY + 12 * HOUR_MS;
    const alone = await simulatedMeter(station).read({ ...day, fromMs: noon, toMs: noon + 60_000 });
    assert.deepEqual(
      alone,
      whole.filter(({ timeMs }) => timeMs === BigInt(noon)),
    );
  }
});

test('the sun makes power by day only, loads consume always', async () => {
  const pv = await powerOf('pv-harbour');
  const localHour = ({ timeMs }: Reading) => (Number(timeMs / BigInt(HOUR_MS)) + 8) % 24;
  assert.ok(pv.filter((reading) => localHour(reading) === 0).every(({ value }) => value === 0n));
  assert.ok(pv.some((reading) => localHour(reading) === 12 && reading.value > 10_000n));
  assert.ok(pv.every(({ value }) => value >= 0n && value <= 120_000n));
  assert.ok((await powerOf('load-market')).every(({ value }) => value < 0n));
});

test('the battery keeps to its limits and its charge follows its power', async () => {
  const readings = await simulatedMeter('battery-depot').read(day);
  const power = at(readings, SIMULATED_CHANNELS.activePower);
  const charge = at(readings, SIMULATED_CHANNELS.stateOfCharge);
  assert.ok(power.every(({ value }) => value >= -60_000n && value <= 60_000n));
  assert.ok(charge.every(({ value }) => value >= 999n && value <= 9001n));
  for (let i = 1; i < charge.length; i += 1) {
    const change = (charge[i]?.value ?? 0n) - (charge[i - 1]?.value ?? 0n);
    const watts = power[i]?.value ?? 0n;
    if (watts > 0n) assert.ok(change <= 0n, `discharging at ${i} and the charge grew by ${change}`);
    if (watts < 0n) assert.ok(change >= 0n, `charging at ${i} and the charge fell by ${-change}`);
  }
});
