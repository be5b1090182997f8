import { noise } from './random.ts';

const DAY_MS = 86_400_000;
const RADIANS = Math.PI / 180;

/** A photovoltaic plant: place, size in W (DC peak) and the seed of its clouds. */
export type PvPlant = {
  readonly latitude: number;
  readonly longitude: number;
  readonly peakW: number;
  readonly seed: number;
};

/**
 * Sine of the sun's elevation (below the horizon: negative), from declination and hour angle
 * (Cooper 1969, without the equation of time: at most 17 minutes off).
 */
export const sineOfElevation = (latitude: number, longitude: number, timeMs: number): number => {
  const dayOfYear = Math.floor((timeMs - Date.UTC(new Date(timeMs).getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
  const declination = 23.45 * RADIANS * Math.sin((2 * Math.PI * (284 + dayOfYear)) / 365);
  const solarHour = (timeMs % DAY_MS) / 3_600_000 + longitude / 15;
  const hourAngle = (solarHour - 12) * 15 * RADIANS;
  const phi = latitude * RADIANS;
  return Math.sin(phi) * Math.sin(declination) + Math.cos(phi) * Math.cos(declination) * Math.cos(hourAngle);
};

/**
 * Output of a plant in W: Haurwitz clear-sky irradiance, dimmed by drifting clouds, 86 % system efficiency.
 *
 * @example
 * pvPowerW({ latitude: 31.2, longitude: 121.5, peakW: 50_000, seed: 1 }, Date.now())
 */
export const pvPowerW = (plant: PvPlant, timeMs: number): number => {
  const sine = sineOfElevation(plant.latitude, plant.longitude, timeMs);
  if (sine <= 0) return 0;
  const clearSky = 1098 * sine * Math.exp(-0.059 / sine);
  const weather = noise(plant.seed, timeMs, 6 * 3_600_000);
  const passing = noise(plant.seed + 1, timeMs, 4 * 60_000);
  const transmission = 1 - 0.75 * weather * (0.4 + 0.6 * passing);
  return Math.round(plant.peakW * (clearSky / 1000) * transmission * 0.86);
};

/** A consumer: its base and peak demand in W and the seed of its habits. */
export type Load = {
  readonly baseW: number;
  readonly peakW: number;
  readonly longitude: number;
  readonly seed: number;
};

const bump = (hour: number, centre: number, width: number): number => {
  const distance = Math.min(Math.abs(hour - centre), 24 - Math.abs(hour - centre));
  return Math.exp(-0.5 * (distance / width) ** 2);
};

/** Demand of a load in W: a morning and an evening peak over a base, with appliances switching. */
export const loadPowerW = (load: Load, timeMs: number): number => {
  const hour = (((timeMs / 3_600_000 + load.longitude / 15) % 24) + 24) % 24;
  const habit = 0.55 * bump(hour, 7.5, 1.3) + bump(hour, 19, 2.2) + 0.3 * bump(hour, 12.5, 1.8);
  const switching = 0.7 + 0.6 * noise(load.seed, timeMs, 90_000);
  return Math.round((load.baseW + (load.peakW - load.baseW) * habit) * switching);
};

/** A battery: capacity in Wh, power limit in W, one-way efficiency, and the band its state of charge keeps to. */
export type Battery = {
  readonly capacityWh: number;
  readonly limitW: number;
  readonly efficiency: number;
  readonly floor: number;
  readonly ceiling: number;
};

/** Power is positive when the battery discharges; the state of charge is a share of the capacity. */
export type BatteryState = { readonly powerW: number; readonly stateOfCharge: number };

/**
 * Advances a battery by `seconds` towards a requested power, within its limits and its band.
 * What leaves the cells is more, and what enters them less, than what the meter sees.
 */
export const stepBattery = (
  battery: Battery,
  stateOfCharge: number,
  requestW: number,
  seconds: number,
): BatteryState => {
  const hours = seconds / 3600;
  const limited = Math.max(-battery.limitW, Math.min(battery.limitW, requestW));
  const available = ((stateOfCharge - battery.floor) * battery.capacityWh * battery.efficiency) / hours;
  const room = ((battery.ceiling - stateOfCharge) * battery.capacityWh) / battery.efficiency / hours;
  const powerW = Math.max(-Math.max(room, 0), Math.min(Math.max(available, 0), limited));
  const drawn = powerW > 0 ? powerW / battery.efficiency : powerW * battery.efficiency;
  return { powerW, stateOfCharge: stateOfCharge - (drawn * hours) / battery.capacityWh };
};
