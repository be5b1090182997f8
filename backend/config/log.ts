import { z } from 'zod';
import type { ConfigProblem } from './errors.ts';
import { addresses, hour, integer } from './parsers.ts';
import { isSet, type Environment, type ValuesOf, type Variables } from './variable.ts';

export type LogConfig = {
  readonly host: string;
  readonly salt: `0x${string}`;
  readonly checkpointIntervalMs: number;
  readonly gapWindowMs: number;
  /** Who must agree before a log that this service creates may begin a new epoch; undefined where nobody was named. */
  readonly guardians: Guardians | undefined;
};

/** Accounts, how many of them must agree, and how long the start then waits. */
export type Guardians = {
  readonly addresses: readonly `0x${string}`[];
  readonly quorum: number;
  readonly delaySeconds: number;
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
  GUARDIANS: {
    schema: addresses()
      .refine((list) => new Set(list).size === list.length, 'must name each guardian once')
      .optional(),
    example: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8,0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
    meaning:
      'accounts that approve a new epoch of a log that DEPLOY creates; required there, except on chain 31337',
  },
  GUARDIAN_QUORUM: {
    schema: integer(1, 255).optional(),
    example: '1',
    meaning: 'how many of GUARDIANS must approve; more than half of them unless given',
  },
  EPOCH_DELAY_S: {
    schema: integer(0, (365 * 24 * hour) / 1000).optional(),
    example: '86400',
    meaning: 'seconds between the last approval and the earliest start of a new epoch',
  },
} satisfies Variables;

const DAY_S = 86_400;

/** A quorum, or a delay, of nobody. */
export const guardianConflicts = (env: Environment, v: Partial<ValuesOf<typeof LOG_VARIABLES>>) => {
  const problems: ConfigProblem[] = [];
  const reject = (variable: 'GUARDIAN_QUORUM' | 'EPOCH_DELAY_S', problem: string) =>
    problems.push({ variable, problem, example: LOG_VARIABLES[variable].example });
  const guardians = v.GUARDIANS?.length;
  for (const variable of ['GUARDIAN_QUORUM', 'EPOCH_DELAY_S'] as const)
    if (isSet(env, variable) && !isSet(env, 'GUARDIANS')) reject(variable, 'is of no use without GUARDIANS');
  if (guardians !== undefined && (v.GUARDIAN_QUORUM ?? 1) > guardians)
    reject('GUARDIAN_QUORUM', `is more than the ${guardians} that GUARDIANS names`);
  return problems;
};

export const arrangeLog = (v: ValuesOf<typeof LOG_VARIABLES>): LogConfig => ({
  host: v.LOG_HOST,
  salt: v.LOG_SALT,
  checkpointIntervalMs: v.CHECKPOINT_INTERVAL_MS,
  gapWindowMs: v.GAP_WINDOW_MS,
  guardians:
    v.GUARDIANS === undefined
      ? undefined
      : {
          addresses: v.GUARDIANS,
          quorum: v.GUARDIAN_QUORUM ?? Math.floor(v.GUARDIANS.length / 2) + 1,
          delaySeconds: v.EPOCH_DELAY_S ?? DAY_S,
        },
});
