import { z } from 'zod';
import { hour, integer } from './parsers.ts';
import type { ValuesOf, Variables } from './variable.ts';

export type LogConfig = {
  readonly host: string;
  readonly salt: `0x${string}`;
  readonly checkpointIntervalMs: number;
  readonly gapWindowMs: number;
};

export const LOG_VARIABLES = {
  LOG_HOST: {
    schema: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]*(:\d{1,5})?$/, 'must be a host name in lower case, without scheme or path')
      .default('gridseal.localhost'),
    example: 'log.alliance.example',
    meaning: 'first part of the checkpoint origin; cannot change for a log',
  },
  LOG_SALT: {
    schema: z
      .templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)], 'must be 0x and 64 lower-case hex digits')
      .default(`0x${'0'.repeat(64)}`),
    example: `0x${'0'.repeat(63)}1`,
    meaning: 'tells apart several logs of one owner',
  },
  CHECKPOINT_INTERVAL_MS: {
    schema: integer(1, 60_000).default(250),
    example: '250',
    meaning: 'time between checkpoints while there is work',
  },
  GAP_WINDOW_MS: {
    schema: integer(100, 365 * 24 * hour).default(5 * 60_000),
    example: '300000',
    meaning: 'how long a missing number may stay missing before a gap is recorded',
  },
} satisfies Variables;

export const arrangeLog = (v: ValuesOf<typeof LOG_VARIABLES>): LogConfig => ({
  host: v.LOG_HOST,
  salt: v.LOG_SALT,
  checkpointIntervalMs: v.CHECKPOINT_INTERVAL_MS,
  gapWindowMs: v.GAP_WINDOW_MS,
});
