import type { PlannedChannel } from '../plan.ts';

/**
 * CityLearn building files count hours and name no year. Their weekdays fit 2016 and the
 * first row is hour 24 of 31 July.
 */
export const FIRST_ROW_MS = Date.UTC(2016, 6, 31, 23);

/** Column of the hour, 1 to 24. */
export const HOUR_COLUMN = 'hour';

const CHANNELS: readonly (readonly [string, string, string, string])[] = [
  ['non_shiftable_load', 'active-energy-import', 'kWh', '+ = consumed'],
  ['dhw_demand', 'hot-water-energy', 'kWh', '+ = consumed'],
  ['cooling_demand', 'cooling-energy', 'kWh', '+ = consumed'],
  ['heating_demand', 'heating-energy', 'kWh', '+ = consumed'],
  ['solar_generation', 'specific-generation', 'W/kW', '+ = generated'],
];

/** Whether a header row is that of a CityLearn building. */
export const isCityLearn = (header: readonly string[]): boolean =>
  ['month', HOUR_COLUMN, 'day_type', ...CHANNELS.map(([column]) => column)].every((column) =>
    header.includes(column),
  );

/** Channels of a CityLearn building: one row an hour, energies in kWh, generation in W per installed kW. */
export const cityLearnChannels = (header: readonly string[]): readonly PlannedChannel[] =>
  CHANNELS.map(([column, quantity, unit, sign], i) => ({
    channel: i + 1,
    column,
    index: header.indexOf(column),
    quantity,
    unit,
    sign,
  }));
