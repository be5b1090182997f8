import type { Profile } from '@gridseal/protocol';
import { parseDeadBand } from '../../edge/reduction/dead-band.ts';
import type { ReductionFigures, ReportRule } from '../../edge/reduction/report-on-change.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

/** `--dead-band` and `--heartbeat`. */
export type ReductionFlags = { readonly deadBand?: string; readonly heartbeat: string };

/** The rule that the flags describe, or `undefined` where everything is sent. @throws UsageError */
export const ruleOf = ({ deadBand, heartbeat }: ReductionFlags, profile: Profile): ReportRule | undefined => {
  if (deadBand === undefined) return undefined;
  const deadBandOf = parseDeadBand(deadBand, profile);
  if (deadBandOf === undefined)
    throw new UsageError(`--dead-band ${deadBand}: expected a share, as 1.5%, or an amount, as 0.25`);
  const heartbeatMs = 1_000 * Number(heartbeat);
  if (!(heartbeatMs > 0)) throw new UsageError(`--heartbeat ${heartbeat}: expected seconds above 0`);
  return { deadBandOf, heartbeatMs };
};

/** Prints what a reduction left out and what that costs. */
export const printFigures = (
  terminal: Terminal,
  { read, kept, ratio, channels }: ReductionFigures,
  profile: Profile,
): void => {
  terminal.line(
    `${kept} of ${read} readings are sent (reduction ${ratio.toFixed(2)} to 1). Whoever holds each value`,
  );
  terminal.line('until the next one is off by at most:');
  for (const { channel, maxError, rmsError } of channels) {
    const { quantity, unit, scale } = profile.channels.find((each) => each.channel === channel)!;
    const inUnit = (amount: number): string => `${Number((amount * 10 ** scale).toPrecision(6))} ${unit}`;
    terminal.line(`  ${quantity}: ${inUnit(Number(maxError))} (root mean square ${inUnit(rmsError)})`);
  }
};
