import { exactly, fitsReading, type Decimal } from './decimal.ts';
import type { FileProblem } from './file-error.ts';
import type { PlannedChannel } from './plan.ts';

type Largest = { size: bigint; row: number; text: Decimal };

/** Gathers what one channel's numbers need. */
export type ChannelScale = {
  readonly add: (number: Decimal, row: number) => void;
  readonly readings: () => number;
  /** Scale that holds every number exactly, or why none does. */
  readonly scale: () => number;
  readonly problem: () => FileProblem | undefined;
};

/** The scale of a channel: fixed, or the finest that a number of the file is written with. */
export const channelScale = (channel: PlannedChannel): ChannelScale => {
  /** The largest number of each count of decimals: with it every smaller one fits. */
  const largest = new Map<number, Largest>();
  let readings = 0;
  let finest = { decimals: 0, row: 0 };
  const scale = (): number => channel.scale ?? (finest.decimals === 0 ? 0 : -finest.decimals);
  return {
    add: (number, row) => {
      readings += 1;
      const { coefficient, decimals } = number;
      if (decimals > finest.decimals) finest = { decimals, row };
      const size = coefficient < 0n ? -coefficient : coefficient;
      const known = largest.get(decimals);
      if (known === undefined || size > known.size) largest.set(decimals, { size, row, text: number });
    },
    readings: () => readings,
    scale,
    problem: () => {
      if (channel.scale !== undefined) return undefined;
      for (const { text, row } of largest.values()) {
        const value = exactly(text, scale());
        if (value !== undefined && fitsReading(value)) continue;
        const finer =
          finest.decimals === 0 ? '' : ` beside the ${finest.decimals} decimals of row ${finest.row}`;
        return {
          code: 'out-of-range',
          row,
          column: channel.column,
          message: `the number is larger than 64 bits hold${finer}`,
          remedy: `keep fewer decimals, as --map '${channel.column}=${channel.quantity}:${channel.unit}:3' --round, or correct the row`,
        };
      }
      return undefined;
    },
  };
};
