import type { Hex } from '@gridseal/protocol';
import { UsageError } from '../usage-error.ts';

/**
 * The digest of a statement as a person gives it: with or without 0x, in either case.
 *
 * @throws UsageError
 */
export const digestNamed = (text: string): Hex => {
  const digits = text.trim().toLowerCase().replace(/^0x/u, '');
  if (/^[0-9a-f]{64}$/u.test(digits)) return `0x${digits}`;
  throw new UsageError(
    `${text} is no digest of a statement: expected 0x and 64 digits 0-9 a-f, found ${digits.length} characters. ` +
      "'gridseal statements' lists digests",
  );
};
