/** Channels of a simulated station, as its profile names them. */
export const SIMULATED_CHANNELS = { activePower: 1, stateOfCharge: 2 } as const;

/** Quality flags of simulated readings: bit 3 says that no meter measured them. */
export const GOOD_SIMULATED = 8;

const active = (sign: string) => ({
  channel: SIMULATED_CHANNELS.activePower,
  quantity: 'active-power',
  scale: -3,
  sign,
  unit: 'kW',
});

const CHARGE = {
  channel: SIMULATED_CHANNELS.stateOfCharge,
  quantity: 'state-of-charge',
  scale: -2,
  sign: '0 = empty, 100 = full',
  unit: '%',
};

/** What a kind of simulated station measures: kW with three decimals, and what its sign means there. */
export const SIMULATED_PROFILES = {
  pv: { channels: [active('+ = fed into the grid')], format: 'gridseal-profile/1' },
  load: {
    channels: [active('+ = fed into the grid, drawing from it is negative')],
    format: 'gridseal-profile/1',
  },
  battery: {
    channels: [active('+ = discharging into the grid, charging is negative'), CHARGE],
    format: 'gridseal-profile/1',
  },
} as const;
