import type { Profile } from '@gridseal/protocol';
import { parseDecimal } from '../readers/decimal.ts';
import type { DeadBand } from './report-on-change.ts';

const SHARE = /^(\d+(?:\.\d{1,4})?)%$/u;
const AMOUNT = /^\d+(?:\.(\d+))?$/u;
const MILLIONTHS_OF_A_PERCENT = 10_000;

/**
 * Reads a dead band as a person writes it: `1.5%` of the value, or `0.25` in the unit of each channel.
 *
 * @returns the band of a channel in its own scaled integers, or `undefined` when the text is neither
 * @example parseDeadBand('0.25', profile)?.(1) // { kind: 'amount', amount: 250n } where channel 1 has scale -3
 */
export const parseDeadBand = (
  text: string,
  profile: Profile,
): ((channel: number) => DeadBand) | undefined => {
  const [, percent] = SHARE.exec(text) ?? [];
  if (percent !== undefined) {
    const millionths = BigInt(Math.round(Number(percent) * MILLIONTHS_OF_A_PERCENT));
    return () => ({ kind: 'share', millionths });
  }
  if (!AMOUNT.test(text)) return undefined;
  const scales = new Map(profile.channels.map(({ channel, scale }) => [channel, scale]));
  const written = parseDecimal(text);
  if (written === undefined) return undefined;
  const { coefficient, decimals } = written;
  return (channel) => {
    // Never above what was written: digits below the scale are cut off.
    const shift = -decimals - (scales.get(channel) ?? 0);
    const amount = shift >= 0 ? coefficient * 10n ** BigInt(shift) : coefficient / 10n ** BigInt(-shift);
    return { kind: 'amount', amount };
  };
};
