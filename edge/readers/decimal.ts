/** A number as it is written: `coefficient × 10^-decimals`, exactly. */
export type Decimal = { readonly coefficient: bigint; readonly decimals: number };

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/u;
/** Longer texts are no measurement; the bound keeps arithmetic on them small. */
const MAX_LENGTH = 64;
const MIN_I64 = -(1n << 63n);
const MAX_I64 = (1n << 63n) - 1n;

/**
 * Reads decimal digits with a point and an exponent; everything else (hexadecimal, `Infinity`, blanks) is no number.
 *
 * @example parseDecimal('-1.5e3') // { coefficient: -1500n, decimals: 0 }
 */
export const parseDecimal = (text: string): Decimal | undefined => {
  if (text.length > MAX_LENGTH) return undefined;
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const coefficient = sign === '-' ? -digits : digits;
  const decimals = fraction.length - Number(exponent);
  return decimals >= 0
    ? { coefficient, decimals }
    : { coefficient: coefficient * 10n ** BigInt(-decimals), decimals: 0 };
};

/** The value `v` of which `v × 10^scale` is the number, or `undefined` where no integer is. */
export const exactly = ({ coefficient, decimals }: Decimal, scale: number): bigint | undefined => {
  const shift = -decimals - scale;
  if (shift >= 0) return coefficient * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return coefficient % divisor === 0n ? coefficient / divisor : undefined;
};

/** The integer nearest to what {@link exactly} would be; halves go away from zero, so that −x is the mirror image of x. */
export const nearest = ({ coefficient, decimals }: Decimal, scale: number): bigint => {
  const shift = -decimals - scale;
  if (shift >= 0) return coefficient * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  const size = coefficient < 0n ? -coefficient : coefficient;
  const rounded = (2n * size + divisor) / (2n * divisor);
  return coefficient < 0n ? -rounded : rounded;
};

/** Whether a reading can hold a value: signed 64 bits. */
export const fitsReading = (value: bigint): boolean => value >= MIN_I64 && value <= MAX_I64;
