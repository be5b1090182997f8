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

const SECRET_PATHS = ['url', '*.url', 'req.headers.authorization', 'req.headers.cookie'];

const withoutPassword = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/(\/\/[^/:@\s]*):[^/@\s]*@/g, '$1:***@') : value;

/**
 * One JSON line per record on standard error, so that standard output stays for people and the
 * readiness line. Passwords inside URLs are masked.
 */
export const createLogger = (options: { level: LogLevel }): Logger => {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: MAX_WAITING_BYTES });
  // A full disk, or a reader that is gone, must not end the service: what cannot be written is kept up to a bound, and then lost.
  destination.on('error', () => undefined);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_PATHS, censor: withoutPassword },
    },
    destination,
  );
};
