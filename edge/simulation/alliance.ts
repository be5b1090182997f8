import {
  loadPowerW,
  pvPowerW,
  stepBattery,
  type Battery,
  type BatteryState,
  type Load,
  type PvPlant,
} from './physics.ts';
import { GOOD_SIMULATED, SIMULATED_CHANNELS, SIMULATED_PROFILES } from './profile.ts';
import type { MeterReader } from '../readers/reader.ts';
import type { Reading } from '@gridseal/protocol';

const DAY_MS = 86_400_000;
/** Time zone of the simulated alliance, which lies in Shanghai: its days begin at midnight there. */
export const ALLIANCE_ZONE = { name: 'Asia/Shanghai', offsetMs: 8 * 3_600_000 } as const;
const STEP_MS = 60_000;

const PLANTS: Readonly<Record<string, PvPlant>> = {
  'pv-harbour': { latitude: 31.23, longitude: 121.47, peakW: 120_000, seed: 11 },
  'pv-school': { latitude: 31.3, longitude: 121.5, peakW: 45_000, seed: 23 },
};
const LOADS: Readonly<Record<string, Load>> = {
  'load-market': { baseW: 18_000, peakW: 70_000, longitude: 121.47, seed: 37 },
  'load-clinic': { baseW: 22_000, peakW: 48_000, longitude: 121.47, seed: 41 },
};
const BATTERY: Battery = {
  capacityWh: 200_000,
  limitW: 60_000,
  efficiency: 0.95,
  floor: 0.1,
  ceiling: 0.9,
};

/** Surplus of the alliance in W before the battery acts: generation less demand. */
const surplusW = (timeMs: number): number =>
  Object.values(PLANTS).reduce((sum, plant) => sum + pvPowerW(plant, timeMs), 0) -
  Object.values(LOADS).reduce((sum, load) => sum + loadPowerW(load, timeMs), 0);

const HALF_FULL: BatteryState = { powerW: 0, stateOfCharge: 0.5 };
const dayOf = (timeMs: number): number => Math.floor((timeMs + ALLIANCE_ZONE.offsetMs) / DAY_MS);
const startOf = (day: number): number => day * DAY_MS - ALLIANCE_ZONE.offsetMs;
let latestStep = { timeMs: -1, state: HALF_FULL };

/**
 * The battery at a moment: every day begins half full and is stepped minute by minute,
 * charging from surplus and covering demand, so the state depends on the time alone.
 */
const batteryAt = (timeMs: number): BatteryState => {
  const step = Math.floor(timeMs / STEP_MS) * STEP_MS;
  if (latestStep.timeMs !== step) {
    const resumable = latestStep.timeMs < step && dayOf(latestStep.timeMs) === dayOf(step);
    let t = resumable ? latestStep.timeMs + STEP_MS : startOf(dayOf(step));
    let { state } = resumable ? latestStep : { state: HALF_FULL };
    for (; t <= step; t += STEP_MS) {
      state = stepBattery(BATTERY, state.stateOfCharge, -surplusW(t), STEP_MS / 1000);
    }
    latestStep = { timeMs: step, state };
  }
  return latestStep.state;
};

const reading = (timeMs: number, channel: number, value: number): Reading => ({
  timeMs: BigInt(timeMs),
  channel,
  quality: GOOD_SIMULATED,
  value: BigInt(Math.round(value)),
});

const sample = (station: string, timeMs: number): Reading[] => {
  const plant = PLANTS[station];
  if (plant !== undefined) {
    return [reading(timeMs, SIMULATED_CHANNELS.activePower, pvPowerW(plant, timeMs))];
  }
  const load = LOADS[station];
  if (load !== undefined) {
    return [reading(timeMs, SIMULATED_CHANNELS.activePower, -loadPowerW(load, timeMs))];
  }
  const { powerW, stateOfCharge } = batteryAt(timeMs);
  return [
    reading(timeMs, SIMULATED_CHANNELS.activePower, powerW),
    reading(timeMs, SIMULATED_CHANNELS.stateOfCharge, stateOfCharge * 10_000),
  ];
};

/** The five stations of the demo alliance, by name. */
export const STATIONS: readonly string[] = [...Object.keys(PLANTS), ...Object.keys(LOADS), 'battery-depot'];

/** What the meter of a station measures. */
export const profileOfStation = (station: string) =>
  SIMULATED_PROFILES[
    Object.hasOwn(PLANTS, station) ? 'pv' : Object.hasOwn(LOADS, station) ? 'load' : 'battery'
  ];

/**
 * A meter of a simulated station: power in W and state of charge in hundredths of a percent, as {@link profileOfStation} says.
 * Readings carry the quality bit `simulated`.
 *
 * @example
 * const readings = await simulatedMeter("pv-harbour").read({ fromMs: t, toMs: t + 10_000, everyMs: 1000 })
 */
export const simulatedMeter = (station: string): MeterReader => ({
  read: ({ fromMs, toMs, everyMs }) => {
    const readings: Reading[] = [];
    for (let t = Math.ceil(fromMs / everyMs) * everyMs; t < toMs; t += everyMs) {
      for (const reading of sample(station, t)) readings.push(reading);
    }
    return Promise.resolve(readings);
  },
});
