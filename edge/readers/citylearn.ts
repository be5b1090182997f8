import type { CsvChannel, CsvLayout } from './layout.ts';

const HOUR_MS = 3_600_000;

/**
 * CityLearn building files count hours and name no year. Their weekdays fit 2016 and the
 * first row is hour 24 of 31 July.
 */
const FIRST_ROW_MS = Date.UTC(2016, 6, 31, 23);

const energy = (channel: number, column: string, quantity: string): CsvChannel => ({
  channel,
  column,
  quantity,
  unit: 'kWh',
  sign: '+ = consumed',
});

const CHANNELS: readonly CsvChannel[] = [
  energy(1, 'non_shiftable_load', 'active-energy-import'),
  energy(2, 'dhw_demand', 'hot-water-energy'),
  energy(3, 'cooling_demand', 'cooling-energy'),
  energy(4, 'heating_demand', 'heating-energy'),
  {
    channel: 5,
    column: 'solar_generation',
    quantity: 'specific-generation',
    unit: 'W/kW',
    sign: '+ = generated',
  },
];

/** Whether a header row is that of a CityLearn building. */
export const isCityLearn = (columns: readonly string[]): boolean =>
  ['month', 'hour', 'day_type', ...CHANNELS.map(({ column }) => column)].every((column) =>
    columns.includes(column),
  );

/** Layout of a CityLearn building file: one row an hour, energies in kWh, generation in W per installed kW. */
export const cityLearnLayout = (startMs = FIRST_ROW_MS): CsvLayout => ({
  name: 'CityLearn building',
  channels: CHANNELS,
  timeOf: (_row, index) => startMs + index * HOUR_MS,
});
