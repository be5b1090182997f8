import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { TlogError } from '@gridseal/protocol/tlog/errors';
import { NOTE_ALGORITHM, parseVerifierKey } from '@gridseal/protocol/tlog/note';

/** A port the service picks itself may move up when busy; a port someone asked for may not. */
export type PortChoice =
  { readonly kind: 'preferred'; readonly port: number } | { readonly kind: 'exact'; readonly port: number };

/** Requests per minute and client address; `undefined` means unlimited. */
export type RateLimits = {
  readonly readPerMinute: number | undefined;
  readonly writePerMinute: number | undefined;
};

/** Everything the environment decides, validated. Paths are absolute. */
export type Config = {
  readonly dataDir: string;
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly maxBodyBytes: number;
    readonly requestTimeoutMs: number;
    readonly shutdownTimeoutMs: number;
    readonly trustedProxies: number;
    readonly rateLimits: RateLimits;
  };
  readonly logger: { readonly level: LogLevel };
  readonly database: { readonly kind: 'embedded' } | { readonly kind: 'external'; readonly url: string };
  readonly databasePoolSize: number;
  readonly chain:
    | { readonly kind: 'embedded'; readonly port: PortChoice }
    | {
        readonly kind: 'external';
        readonly url: string;
        readonly deploy: 'never' | 'contracts';
        /** Blocks above a block before it counts as final; the deployment's record where not given. */
        readonly finalityDepth: bigint | undefined;
      };
  readonly contentStore: { readonly kind: 'embedded' } | { readonly kind: 'external'; readonly url: string };
  readonly messaging:
    | { readonly kind: 'embedded'; readonly port: PortChoice }
    | { readonly kind: 'external'; readonly url: string; readonly caFile: string | undefined };
  readonly keys: {
    readonly source: 'random' | 'development';
    readonly operatorFile: string;
    readonly anchorFile: string;
    readonly ownerFile: string;
    readonly noteFile: string;
    readonly periodFolder: string;
  };
  readonly log: {
    readonly host: string;
    readonly salt: `0x${string}`;
    readonly checkpointIntervalMs: number;
    readonly gapWindowMs: number;
  };
  readonly anchor: {
    readonly intervalMs: number;
    readonly maxEntries: number;
    readonly receiptDeadlineMs: number;
    /** New work is refused while an entry has waited longer than this for an anchor. */
    readonly maxUnanchoredMs: number;
  };
  /** C2SP witnesses, and how many of them must cosign a checkpoint before it is anchored. */
  readonly witness: {
    readonly witnesses: readonly { readonly key: string; readonly url: string }[];
    readonly quorum: number;
  };
  readonly ingest: {
    readonly maxClockSkewMs: number;
    readonly maxBatchesPerRequest: number;
    readonly maxPendingBatches: number;
    /** New work is refused while a batch has waited longer than this for its place in the log. */
    readonly maxSequencerLagMs: number;
    readonly workers: number;
    readonly admitOwners: 'any' | readonly string[];
  };
};

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One variable that cannot be used as it is. */
export type ConfigProblem = { readonly variable: string; readonly problem: string; readonly example: string };

/** Thrown by {@link readConfig} with every problem found, not only the first. */
export class ConfigError extends Error {
  readonly code = 'config-invalid';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map((p) => `  ${p.variable}: ${p.problem}. Example: ${p.variable}=${p.example}`);
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const integer = (lowest: number, highest: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number written in digits')
    .transform(Number)
    .refine((n) => n >= lowest && n <= highest, `must be from ${lowest} to ${highest}`);

const url = (...schemes: string[]) =>
  z.string().refine(
    (text) => {
      const parsed = URL.parse(text);
      return parsed !== null && schemes.includes(parsed.protocol);
    },
    `must be a URL that starts with ${schemes.map((s) => `${s}//`).join(' or ')}`,
  );

/** One core is the event loop's; more threads than this gain little and cost some 100 MiB each. */
const spareCores = (): number => Math.min(4, availableParallelism() - 1);

const path = () => z.string().transform((text) => resolve(text));
const port = () => integer(0, 65_535);
const hour = 3_600_000;
const perMinute = () =>
  z.union([z.literal('off'), integer(1, 100_000_000)], 'must be a number of requests a minute, or off');
const owners = () =>
  z.union(
    [
      z.literal('any'),
      z
        .string()
        .transform((text) => text.split(',').map((address) => address.trim().toLowerCase()))
        .refine((list) => list.every((address) => /^0x[0-9a-f]{40}$/.test(address))),
    ],
    'must be any, or addresses (0x and 40 hex digits) separated by commas',
  );

const EXAMPLE_WITNESS = 'witness.example/w1+aa4a09d1+BOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs';

/** Pairs of a C2SP cosignature key and the URL prefix that checkpoints are sent below. */
const witnesses = () =>
  z.string().transform((text, context) => {
    const seen = new Set<string>();
    return text.split(',').map((pair) => {
      const [key = '', prefix = '', ...rest] = pair.trim().split(/\s+/u);
      const found = URL.parse(prefix);
      const isUrl = found !== null && ['http:', 'https:'].includes(found.protocol) && found.search === '';
      if (rest.length > 0 || !isUrl || !isCosignatureKey(key))
        context.addIssue('must be pairs "<C2SP cosignature key> <http or https URL>", separated by commas');
      // What follows the key hash is the public key, whatever the name.
      const publicKey = key.split('+').slice(2).join('+');
      if (seen.has(publicKey)) context.addIssue(`names a witness twice, who would count for two: ${key}`);
      seen.add(publicKey);
      return { key, url: prefix.replace(/\/+$/u, '') };
    });
  });

const isCosignatureKey = (text: string): boolean => {
  try {
    return parseVerifierKey(text).algorithm === NOTE_ALGORITHM.cosignature;
  } catch (error) {
    if (error instanceof TlogError) return false;
    throw error;
  }
};

type Variable = { readonly schema: z.ZodType; readonly example: string };

/** Every variable the service reads: what it accepts and an example that works. */
const VARIABLES = {
  DATA_DIR: { schema: path().optional(), example: '.gridseal' },
  HOST: { schema: z.string().default('127.0.0.1'), example: '127.0.0.1' },
  PORT: { schema: port().default(8787), example: '8787' },
  MAX_BODY_BYTES: { schema: integer(1_024, 268_435_456).default(16_777_216), example: '16777216' },
  REQUEST_TIMEOUT_MS: { schema: integer(100, hour).default(30_000), example: '30000' },
  SHUTDOWN_TIMEOUT_MS: { schema: integer(100, hour).default(15_000), example: '15000' },
  TRUSTED_PROXIES: { schema: integer(0, 16).default(0), example: '1' },
  RATE_LIMIT_READ: { schema: perMinute().default(6_000), example: '6000' },
  RATE_LIMIT_WRITE: { schema: perMinute().default(6_000), example: 'off' },
  LOG_LEVEL: {
    schema: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
    example: 'info',
  },
  DATABASE_URL: {
    schema: url('postgres:', 'postgresql:').optional(),
    example: 'postgres://gridseal:secret@db.example:5432/gridseal',
  },
  DATABASE_POOL_SIZE: { schema: integer(4, 1_000).default(16), example: '16' },
  RPC_URL: { schema: url('http:', 'https:').optional(), example: 'http://127.0.0.1:8545' },
  RPC_PORT: { schema: port().optional(), example: '8545' },
  DEPLOY: {
    schema: z.enum(['never', 'contracts'], 'must be never or contracts').optional(),
    example: 'contracts',
  },
  FINALITY_DEPTH: { schema: integer(0, 100_000).optional(), example: '64' },
  IPFS_API_URL: { schema: url('http:', 'https:').optional(), example: 'http://127.0.0.1:5001' },
  MQTT_URL: {
    schema: url('mqtt:', 'mqtts:', 'ws:', 'wss:').optional(),
    example: 'mqtt://broker.example:1883',
  },
  MQTT_CA_FILE: { schema: path().optional(), example: '/etc/gridseal/broker-ca.pem' },
  MQTT_PORT: { schema: port().optional(), example: '1883' },
  KEYS: {
    schema: z.enum(['random', 'development'], 'must be random or development').default('random'),
    example: 'random',
  },
  OPERATOR_KEY_FILE: { schema: path().optional(), example: '/etc/gridseal/operator.key' },
  ANCHOR_KEY_FILE: { schema: path().optional(), example: '/etc/gridseal/anchor.key' },
  OWNER_KEY_FILE: { schema: path().optional(), example: '/etc/gridseal/owner.key' },
  NOTE_KEY_FILE: { schema: path().optional(), example: '/etc/gridseal/note.key' },
  PERIOD_KEY_DIR: { schema: path().optional(), example: '/etc/gridseal/period-keys' },
  LOG_HOST: {
    schema: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]*(:\d{1,5})?$/, 'must be a host name in lower case, without scheme or path')
      .default('gridseal.localhost'),
    example: 'log.alliance.example',
  },
  LOG_SALT: {
    schema: z
      .templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)], 'must be 0x and 64 lower-case hex digits')
      .default(`0x${'0'.repeat(64)}`),
    example: `0x${'0'.repeat(63)}1`,
  },
  CHECKPOINT_INTERVAL_MS: { schema: integer(1, 60_000).default(250), example: '250' },
  GAP_WINDOW_MS: { schema: integer(100, 365 * 24 * hour).default(5 * 60_000), example: '300000' },
  ANCHOR_INTERVAL_MS: { schema: integer(100, 24 * hour).default(60_000), example: '60000' },
  ANCHOR_MAX_ENTRIES: { schema: integer(1, 100_000_000).default(100_000), example: '100000' },
  RECEIPT_DEADLINE_MS: { schema: integer(1_000, 30 * 24 * hour).default(hour), example: '3600000' },
  WITNESSES: {
    schema: witnesses().default([]),
    example: `${EXAMPLE_WITNESS} https://witness.example`,
  },
  WITNESS_QUORUM: { schema: integer(0, 100).optional(), example: '0' },
  MAX_CLOCK_SKEW_MS: { schema: integer(0, 365 * 24 * hour).default(5 * 60_000), example: '300000' },
  MAX_BATCHES_PER_REQUEST: { schema: integer(1, 65_535).default(1_024), example: '1024' },
  MAX_PENDING_BATCHES: { schema: integer(1, 100_000_000).default(1_000_000), example: '1000000' },
  MAX_SEQUENCER_LAG_MS: { schema: integer(1_000, 24 * hour).default(30_000), example: '30000' },
  MAX_UNANCHORED_MS: { schema: integer(1_000, 365 * 24 * hour).optional(), example: '3600000' },
  INGEST_WORKERS: { schema: integer(0, 256).default(spareCores()), example: '2' },
  ADMIT_OWNERS: { schema: owners().default('any'), example: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8' },
} satisfies Record<string, Variable>;

type Values = { [Name in keyof typeof VARIABLES]: z.output<(typeof VARIABLES)[Name]['schema']> };

/** A setting that only makes sense with, or without, another. */
const conflicts = (env: Environment): ConfigProblem[] => {
  const problems: ConfigProblem[] = [];
  const given = (name: keyof typeof VARIABLES) => (env[name] ?? '') !== '';
  const reject = (variable: keyof typeof VARIABLES, problem: string) =>
    problems.push({ variable, problem, example: VARIABLES[variable].example });
  if (given('RPC_PORT') && given('RPC_URL'))
    reject('RPC_PORT', 'is the port of the embedded chain and cannot be set together with RPC_URL');
  if (given('MQTT_PORT') && given('MQTT_URL'))
    reject('MQTT_PORT', 'is the port of the embedded broker and cannot be set together with MQTT_URL');
  if (given('MQTT_CA_FILE') && !(env.MQTT_URL ?? '').startsWith('mqtts:'))
    reject('MQTT_CA_FILE', 'is for a broker with TLS and needs an MQTT_URL that starts with mqtts://');
  if (given('FINALITY_DEPTH') && !given('RPC_URL'))
    reject(
      'FINALITY_DEPTH',
      'is for an external chain and needs RPC_URL; blocks of the embedded chain are final',
    );
  if (given('DEPLOY') && !given('RPC_URL'))
    reject('DEPLOY', 'is for an external chain and needs RPC_URL; the embedded chain always deploys');
  return problems;
};

/** A quorum of more witnesses than there are would keep every checkpoint from being anchored. */
const unreachableQuorum = ({
  WITNESS_QUORUM: quorum = 0,
  WITNESSES: all = [],
}: Partial<Values>): ConfigProblem[] =>
  quorum <= all.length
    ? []
    : [
        {
          variable: 'WITNESS_QUORUM',
          problem: `is more than the ${all.length} witnesses that WITNESSES names`,
          example: VARIABLES.WITNESS_QUORUM.example,
        },
      ];

/** Names and values as `process.env` has them. An empty value counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Examples and default-independent names of every variable, for documentation. */
export const configVariables: readonly { readonly variable: string; readonly example: string }[] =
  Object.entries(VARIABLES).map(([variable, { example }]) => ({ variable, example }));

/**
 * Reads and validates the configuration.
 *
 * @param env where to read from; the process environment unless a test gives another
 * @param defaults for variables that are not set, where a program wants other ones than the service
 * @returns the configuration with every default filled in and every path absolute
 * @throws ConfigError listing every variable that cannot be used, what is wrong and an example
 * @example
 * const config = readConfig({ PORT: '0', DATA_DIR: '/var/lib/gridseal' });
 */
export const readConfig = (env: Environment = process.env, defaults: Environment = {}): Config => {
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [variable, { schema, example }] of Object.entries(VARIABLES)) {
    const text = env[variable] ?? defaults[variable];
    const parsed = schema.safeParse(text === '' ? undefined : text);
    if (parsed.success) values[variable] = parsed.data;
    else
      problems.push({
        variable,
        problem: parsed.error.issues.map((issue) => issue.message).join('; '),
        example,
      });
  }
  problems.push(...conflicts(env), ...unreachableQuorum(values));
  if (problems.length > 0) throw new ConfigError(problems);
  return arrange(values as Values);
};

const choice = (asked: number | undefined, preferred: number): PortChoice =>
  asked === undefined ? { kind: 'preferred', port: preferred } : { kind: 'exact', port: asked };

const perMinuteOrUnlimited = (limit: 'off' | number): number | undefined =>
  limit === 'off' ? undefined : limit;

const arrange = (v: Values): Config => {
  const dataDir = v.DATA_DIR ?? resolve('.gridseal');
  const keyFile = (name: string, given: string | undefined) => given ?? resolve(dataDir, 'keys', name);
  return {
    dataDir,
    http: {
      host: v.HOST,
      port: v.PORT,
      maxBodyBytes: v.MAX_BODY_BYTES,
      requestTimeoutMs: v.REQUEST_TIMEOUT_MS,
      shutdownTimeoutMs: v.SHUTDOWN_TIMEOUT_MS,
      trustedProxies: v.TRUSTED_PROXIES,
      rateLimits: {
        readPerMinute: perMinuteOrUnlimited(v.RATE_LIMIT_READ),
        writePerMinute: perMinuteOrUnlimited(v.RATE_LIMIT_WRITE),
      },
    },
    logger: { level: v.LOG_LEVEL },
    database: v.DATABASE_URL === undefined ? { kind: 'embedded' } : { kind: 'external', url: v.DATABASE_URL },
    databasePoolSize: v.DATABASE_POOL_SIZE,
    chain:
      v.RPC_URL === undefined
        ? { kind: 'embedded', port: choice(v.RPC_PORT, 8545) }
        : {
            kind: 'external',
            url: v.RPC_URL,
            deploy: v.DEPLOY ?? 'never',
            finalityDepth: v.FINALITY_DEPTH === undefined ? undefined : BigInt(v.FINALITY_DEPTH),
          },
    contentStore:
      v.IPFS_API_URL === undefined ? { kind: 'embedded' } : { kind: 'external', url: v.IPFS_API_URL },
    messaging:
      v.MQTT_URL === undefined
        ? { kind: 'embedded', port: choice(v.MQTT_PORT, 1883) }
        : { kind: 'external', url: v.MQTT_URL, caFile: v.MQTT_CA_FILE },
    keys: {
      source: v.KEYS,
      operatorFile: keyFile('operator.key', v.OPERATOR_KEY_FILE),
      anchorFile: keyFile('anchor.key', v.ANCHOR_KEY_FILE),
      ownerFile: keyFile('owner.key', v.OWNER_KEY_FILE),
      noteFile: keyFile('note.key', v.NOTE_KEY_FILE),
      periodFolder: v.PERIOD_KEY_DIR ?? resolve(dataDir, 'keys', 'periods'),
    },
    log: {
      host: v.LOG_HOST,
      salt: v.LOG_SALT,
      checkpointIntervalMs: v.CHECKPOINT_INTERVAL_MS,
      gapWindowMs: v.GAP_WINDOW_MS,
    },
    anchor: {
      intervalMs: v.ANCHOR_INTERVAL_MS,
      maxEntries: v.ANCHOR_MAX_ENTRIES,
      receiptDeadlineMs: v.RECEIPT_DEADLINE_MS,
      maxUnanchoredMs: v.MAX_UNANCHORED_MS ?? v.RECEIPT_DEADLINE_MS,
    },
    witness: { witnesses: v.WITNESSES, quorum: v.WITNESS_QUORUM ?? Math.min(1, v.WITNESSES.length) },
    ingest: {
      maxClockSkewMs: v.MAX_CLOCK_SKEW_MS,
      maxBatchesPerRequest: v.MAX_BATCHES_PER_REQUEST,
      maxPendingBatches: v.MAX_PENDING_BATCHES,
      maxSequencerLagMs: v.MAX_SEQUENCER_LAG_MS,
      workers: v.INGEST_WORKERS,
      admitOwners: v.ADMIT_OWNERS,
    },
  };
};
