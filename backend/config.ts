import { resolve } from 'node:path';
import { ANCHOR_VARIABLES, type AnchorConfig, arrangeAnchor } from './config/anchor.ts';
import { CHAIN_VARIABLES, type ChainConfig, arrangeChain, chainConflicts } from './config/chain.ts';
import { ConfigError, type ConfigProblem } from './config/errors.ts';
import { HTTP_VARIABLES, type HttpConfig, arrangeHttp } from './config/http.ts';
import { INGEST_VARIABLES, type IngestConfig, arrangeIngest } from './config/ingest.ts';
import { type ContentStoreConfig, IPFS_VARIABLES, arrangeContentStore } from './config/ipfs.ts';
import { KEY_VARIABLES, type KeysConfig, arrangeKeys, keyConflicts } from './config/keys.ts';
import { LOG_VARIABLES, type LogConfig, arrangeLog, guardianConflicts } from './config/log.ts';
import { MQTT_VARIABLES, type MessagingConfig, arrangeMessaging, messagingConflicts } from './config/mqtt.ts';
import { type DatabaseConfig, POSTGRES_VARIABLES, arrangeDatabase } from './config/postgres.ts';
import type { NamedFile } from './config/named-files.ts';
import {
  type DiskConfig,
  type LoggerConfig,
  PROCESS_VARIABLES,
  arrangeDisk,
  arrangeLogger,
} from './config/process.ts';
import { strayVariables } from './config/stray.ts';
import { RELAY_VARIABLES, type RelayConfig, arrangeRelay } from './config/relay.ts';
import type { Environment, ValuesOf, Variables } from './config/variable.ts';
import {
  WITNESS_VARIABLES,
  type WitnessConfig,
  arrangeWitness,
  unreachableQuorum,
} from './config/witness.ts';

export { ConfigError } from './config/errors.ts';
export { requireNamedFiles } from './config/named-files.ts';
export type { RateLimits } from './config/http.ts';
export type { PortChoice } from './config/parsers.ts';
export type { LogLevel } from './config/process.ts';
export type { Environment } from './config/variable.ts';

/** Everything the environment decides, validated. Paths are absolute. */
export type Config = {
  readonly dataDir: string;
  readonly http: HttpConfig;
  readonly logger: LoggerConfig;
  readonly disk: DiskConfig;
  /** URLs that may hold keys and passwords, to be masked in what is written. */
  readonly secretUrls: readonly string[];
  readonly database: DatabaseConfig;
  readonly databasePoolSize: number;
  readonly chain: ChainConfig;
  readonly contentStore: ContentStoreConfig;
  readonly messaging: MessagingConfig;
  readonly keys: KeysConfig;
  readonly log: LogConfig;
  readonly anchor: AnchorConfig;
  readonly witness: WitnessConfig;
  readonly ingest: IngestConfig;
  readonly relay: RelayConfig;
  /** Files that variables name, and that must be there. */
  readonly namedFiles: readonly NamedFile[];
};

/** Every variable the service reads; each is declared in the file of its part, in `config/`. */
const VARIABLES = {
  ...PROCESS_VARIABLES,
  ...HTTP_VARIABLES,
  ...POSTGRES_VARIABLES,
  ...CHAIN_VARIABLES,
  ...IPFS_VARIABLES,
  ...MQTT_VARIABLES,
  ...KEY_VARIABLES,
  ...LOG_VARIABLES,
  ...ANCHOR_VARIABLES,
  ...WITNESS_VARIABLES,
  ...INGEST_VARIABLES,
  ...RELAY_VARIABLES,
} satisfies Variables;

type Values = ValuesOf<typeof VARIABLES>;

/** Every variable with an example and what it means, for documentation and for whoever must know which are secret. */
export const configVariables: readonly {
  readonly variable: string;
  readonly example: string;
  readonly meaning: string;
  readonly secret: boolean;
}[] = Object.entries<Variables[string]>(VARIABLES).map(
  ([variable, { example, meaning, secret = false }]) => ({
    variable,
    example,
    meaning,
    secret,
  }),
);

const namedFiles = (v: Values): readonly NamedFile[] =>
  Object.entries<Variables[string]>(VARIABLES).flatMap(([variable, { names, example }]) => {
    const path: unknown = v[variable as keyof Values];
    return names === undefined || typeof path !== 'string' ? [] : [{ variable, path, example, what: names }];
  });

const arrange = (v: Values): Config => {
  const dataDir = v.DATA_DIR ?? resolve('.gridseal');
  return {
    dataDir,
    http: arrangeHttp(v),
    logger: arrangeLogger(v),
    disk: arrangeDisk(v),
    secretUrls: [
      ...[v.RPC_URL, v.DATABASE_URL, v.IPFS_API_URL, v.MQTT_URL].flatMap((text) => text ?? []),
      ...v.WITNESSES.map(({ url }) => url),
    ],
    database: arrangeDatabase(v),
    databasePoolSize: v.DATABASE_POOL_SIZE,
    chain: arrangeChain(v),
    contentStore: arrangeContentStore(v),
    messaging: arrangeMessaging(v),
    keys: arrangeKeys(v, dataDir),
    log: arrangeLog(v),
    anchor: arrangeAnchor(v),
    witness: arrangeWitness(v),
    ingest: arrangeIngest(v),
    relay: arrangeRelay(v),
    namedFiles: namedFiles(v),
  };
};

/**
 * Variables that are set and that nothing reads, although they look as if they were meant for the service.
 *
 * @param also further names that the caller reads
 * @returns a sentence for each
 */
export const unknownVariables = (
  env: Environment = process.env,
  also: readonly string[] = [],
): readonly string[] => strayVariables(env, [...Object.keys(VARIABLES), ...also]);

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
  const all = [
    ...problems,
    ...chainConflicts(env),
    ...messagingConflicts(env),
    ...keyConflicts(env),
    ...unreachableQuorum(values),
    ...guardianConflicts(env, values),
  ];
  if (all.length > 0) throw new ConfigError(all);
  return arrange(values as Values);
};
