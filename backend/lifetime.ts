import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './adapters/logger/logger.ts';

/** What was started, in order, so that it can be stopped in the opposite order. */
export type Lifetime = {
  /** Remembers how to stop a part. One that `endsByItself` gives up by itself and is always waited for. */
  readonly own: (
    part: string,
    stop: () => Promise<void> | void,
    options?: { readonly endsByItself?: boolean },
  ) => void;
  /** Stops every part, last started first. One that fails or takes too long is logged and does not keep the others running. */
  readonly end: () => Promise<void>;
};

/**
 * @param stopWithinMs how long a part may take to stop; without it, as long as it takes. A part that waits for one which
 *   cannot answer any more, such as a chain whose disk is gone, would never stop; what is acknowledged is safe either way
 * @example
 * const lifetime = createLifetime(logger, 10_000);
 * const database = openDatabase(options);
 * lifetime.own('database', database.close);
 */
export const createLifetime = (logger: Logger, stopWithinMs?: number): Lifetime => {
  const parts: {
    readonly part: string;
    readonly stop: () => Promise<void> | void;
    readonly limitMs: number | undefined;
  }[] = [];
  let ending: Promise<void> | undefined;

  const stopAll = async (): Promise<void> => {
    for (let next = parts.pop(); next !== undefined; next = parts.pop()) {
      const { part, stop, limitMs } = next;
      try {
        if (!(await within(stop, limitMs))) logger.error({ part, limitMs }, 'a part did not stop in time');
      } catch (error) {
        logger.error({ err: error, part }, 'a part did not stop cleanly');
      }
    }
  };

  return {
    own: (part, stop, { endsByItself = false } = {}) => {
      parts.push({ part, stop, limitMs: endsByItself ? undefined : stopWithinMs });
    },
    end: () => (ending ??= stopAll()),
  };
};

/** @returns whether it was done in time */
const within = async (stop: () => Promise<void> | void, limitMs: number | undefined): Promise<boolean> => {
  if (limitMs === undefined) {
    await stop();
    return true;
  }
  const done = new AbortController();
  try {
    const late = delay(limitMs, false, { signal: done.signal });
    late.catch(() => undefined);
    return await Promise.race([Promise.resolve(stop()).then(() => true), late]);
  } finally {
    done.abort();
  }
};
