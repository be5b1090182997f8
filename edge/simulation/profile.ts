/** Channels of a simulated station, as its profile names them. */
export const SIMULATED_CHANNELS = { activePower: 1, stateOfCharge: 2 } as const;

/** Quality flags of simulated readings: bit 3 says that no meter measured them. */
export const GOOD_SIMULATED = 8;

/** The profile of every simulated station: units, scale and sign of its channels. */
export const SIMULATED_PROFILE = {
  channels: [
    {
      channel: SIMULATED_CHANNELS.activePower,
      quantity: 'active-power',
      scale: 0,
      sign: '+ = fed into the grid',
      unit: 'W',
    },
    {
      channel: SIMULATED_CHANNELS.stateOfCharge,
      quantity: 'state-of-charge',
      scale: -2,
      sign: '0 = empty',
      unit: '%',
    },
  ],
  format: 'gridseal-profile/1',
} as const;
