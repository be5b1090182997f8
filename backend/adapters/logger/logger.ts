import { pino } from 'pino';
import type { LogLevel } from '../../config.ts';

/** The service's structured logger. Parts get a child that carries their name. */
export type Logger = {
  readonly child: (bindings: Record<string, unknown>) => Logger;
} & Readonly<Record<Exclude<LogLevel, 'silent'>, LogMethod>>;

type LogMethod = {
  (values: Record<string, unknown>, message: string): void;
  (message: string): void;
};

/** Lines that could not be written yet. */
const MAX_WAITING_BYTES = 1_048_576;
/** A shorter one is a word, and would be masked everywhere. */
const SHORTEST_SECRET = 12;

const SECRET_PATHS = ['url', '*.url', 'req.headers.authorization', 'req.headers.cookie'];

const withoutPassword = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/(\/\/[^/:@\s]*):[^/@\s]*@/g, '$1:***@') : value;

/**
 * One JSON line per record on standard error, so that standard output stays for people and the
 * readiness line. Passwords inside URLs are masked, and so is what is secret in the URLs of parts.
 */
export const createLogger = (options: {
  readonly level: LogLevel;
  /** URLs of parts: what is secret in them is masked wherever a line holds it, in messages of libraries too. */
  readonly secretUrls?: readonly string[];
}): Logger => {
  const secrets = secretsOf(options.secretUrls ?? []);
  const destination = pino.destination({ dest: 2, sync: true, maxLength: MAX_WAITING_BYTES });
  // A full disk, or a reader that is gone, must not end the service: what cannot be written is kept up to a bound, and then lost.
  destination.on('error', () => undefined);
  return pino(
    {
      level: options.level,
      hooks: {
        streamWrite: (line) => secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line),
      },
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_PATHS, censor: withoutPassword },
    },
    destination,
  );
};

/** What may be secret in URLs: the password and the user, the path and the query, where providers put their keys. */
const secretsOf = (urls: readonly string[]): readonly string[] =>
  urls
    .flatMap((text) => {
      const { username, password, pathname, search } = new URL(text);
      const parts = [password, decodeURIComponent(password), search.slice(1), ...pathname.split('/')];
      return [...parts, ...search.slice(1).split(/[&=]/u), username];
    })
    .filter((part) => part.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
