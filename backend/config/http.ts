import { z } from 'zod';
import { hour, integer, port } from './parsers.ts';
import type { ValuesOf, Variables } from './variable.ts';

/** Requests per minute and client address; `undefined` means unlimited. */
export type RateLimits = {
  readonly readPerMinute: number | undefined;
  readonly writePerMinute: number | undefined;
};

export type HttpConfig = {
  readonly host: string;
  readonly port: number;
  readonly maxBodyBytes: number;
  readonly requestTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  /** How long a connection without a request stays open. */
  readonly keepAliveTimeoutMs: number;
  readonly trustedProxies: number;
  readonly rateLimits: RateLimits;
};

const perMinute = () =>
  z.union([z.literal('off'), integer(1, 100_000_000)], 'must be a number of requests a minute, or off');

export const HTTP_VARIABLES = {
  HOST: {
    schema: z.string().default('127.0.0.1'),
    example: '127.0.0.1',
    meaning: 'address that HTTP listens on',
  },
  PORT: {
    schema: port().default(8787),
    example: '8787',
    meaning: 'port that HTTP listens on; 0 picks a free one',
  },
  MAX_BODY_BYTES: {
    schema: integer(1_024, 268_435_456).default(16_777_216),
    example: '16777216',
    meaning: 'largest request body',
  },
  REQUEST_TIMEOUT_MS: {
    schema: integer(100, hour).default(30_000),
    example: '30000',
    meaning: 'longest request',
  },
  SHUTDOWN_TIMEOUT_MS: {
    schema: integer(100, hour).default(15_000),
    example: '15000',
    meaning: 'longest drain at shutdown',
  },
  KEEP_ALIVE_TIMEOUT_MS: {
    schema: integer(1_000, hour).default(75_000),
    example: '75000',
    meaning: 'how long an idle connection stays open; longer than the balancer in front keeps it',
  },
  TRUSTED_PROXIES: {
    schema: integer(0, 16).default(0),
    example: '1',
    meaning: 'proxies in front whose forwarded address is believed',
  },
  RATE_LIMIT_READ: {
    schema: perMinute().default(6_000),
    example: '6000',
    meaning: 'reading requests a minute and client address, or off',
  },
  RATE_LIMIT_WRITE: {
    schema: perMinute().default(6_000),
    example: 'off',
    meaning: 'writing requests a minute and client address, or off',
  },
} satisfies Variables;

const perMinuteOrUnlimited = (limit: 'off' | number): number | undefined =>
  limit === 'off' ? undefined : limit;

export const arrangeHttp = (v: ValuesOf<typeof HTTP_VARIABLES>): HttpConfig => ({
  host: v.HOST,
  port: v.PORT,
  maxBodyBytes: v.MAX_BODY_BYTES,
  requestTimeoutMs: v.REQUEST_TIMEOUT_MS,
  shutdownTimeoutMs: v.SHUTDOWN_TIMEOUT_MS,
  keepAliveTimeoutMs: v.KEEP_ALIVE_TIMEOUT_MS,
  trustedProxies: v.TRUSTED_PROXIES,
  rateLimits: {
    readPerMinute: perMinuteOrUnlimited(v.RATE_LIMIT_READ),
    writePerMinute: perMinuteOrUnlimited(v.RATE_LIMIT_WRITE),
  },
});
