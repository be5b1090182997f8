import { integer, owners } from './parsers.ts';
import { z } from 'zod';
import type { ValuesOf, Variables } from './variable.ts';

export type RelayConfig = {
  /** Owners whose registry calls are paid for; `undefined`: those of ADMIT_OWNERS, or any on a chain of one machine. */
  readonly owners: 'any' | 'none' | readonly string[] | undefined;
  readonly transactionsPerDay: number;
  readonly weiPerDay: bigint;
};

export const RELAY_VARIABLES = {
  RELAY_OWNERS: {
    schema: z
      .union([z.literal('none'), owners()], 'must be any, none, or addresses separated by commas')
      .optional(),
    example: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
    meaning:
      'owners whose enrolments and revocations are paid for, as addresses separated by commas, any or none',
  },
  RELAY_CALLS_PER_DAY: {
    schema: integer(0, 1_000_000).default(1_000),
    example: '1000',
    meaning: 'registry calls that are paid for in 24 hours',
  },
  RELAY_GWEI_PER_DAY: {
    schema: integer(0, 1_000_000_000_000).default(100_000_000),
    example: '100000000',
    meaning: 'what registry calls may cost in 24 hours, gwei',
  },
} satisfies Variables;

export const arrangeRelay = (v: ValuesOf<typeof RELAY_VARIABLES>): RelayConfig => ({
  owners: v.RELAY_OWNERS,
  transactionsPerDay: v.RELAY_CALLS_PER_DAY,
  weiPerDay: BigInt(v.RELAY_GWEI_PER_DAY) * 1_000_000_000n,
});
