/**
 * A reading's value in its unit, exactly: `value × 10^scale` as a decimal, with as many decimals as the scale has.
 *
 * @param scale of the channel's profile; a positive one appends zeros
 * @example amountText(76_443_330n, -8) // '0.76443330'
 */
export function amountText(value: bigint, scale: number): string {
  if (scale >= 0) return String(value * 10n ** BigInt(scale));
  const decimals = -scale;
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
