const DECIMAL = /^[+-]?\d+(?:\.(\d+))?$/u;
/** Most decimals that a reading keeps. */
const MAX_DECIMALS = 9;

/** How many decimals a number is written with, at most nine; NaN for what is no number. */
export const decimalsOf = (text: string): number => {
  const match = DECIMAL.exec(text);
  if (match !== null) return Math.min(match[1]?.length ?? 0, MAX_DECIMALS);
  return Number.isFinite(Number(text)) && text !== '' ? MAX_DECIMALS : Number.NaN;
};

/**
 * A number as an integer of 10^-decimals: exact where it is written with no more decimals than that, else the nearest.
 *
 * @param decimals negative where the unit is larger than one
 */
export const scaled = (text: string, decimals: number): bigint => {
  const match = DECIMAL.exec(text);
  if (match === null || (match[1]?.length ?? 0) > decimals) {
    return BigInt(Math.round(Number(text) * 10 ** decimals));
  }
  const [whole = '0', fraction = ''] = text.replace('+', '').split('.');
  return BigInt(whole + fraction.padEnd(decimals, '0'));
};
