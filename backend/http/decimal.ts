import { z } from 'zod';

// JSON numbers end at 2^53, so whole numbers are decimal digits.
const NOT_DECIMAL = 'must be a whole number in decimal digits';

/** A uint64 in an answer. */
export const decimal = z.string().regex(/^(0|[1-9]\d{0,19})$/, NOT_DECIMAL);

/** A place in the log or in a list, or a time in Unix milliseconds, in a request: below 10^18, which the database's bigint holds. */
export const position = z
  .string()
  .regex(/^(0|[1-9]\d{0,17})$/, 'must be a whole number below 10^18 in decimal digits');

/** A uint256 in a request. */
export const uint256 = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, NOT_DECIMAL)
  .transform(BigInt)
  .refine((value) => value < 1n << 256n, 'must be below 2^256');
