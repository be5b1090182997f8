import type { Logger } from './adapters/logger/logger.ts';

/** What was started, in order, so that it can be stopped in the opposite order. */
export type Lifetime = {
  /** Remembers how to stop a part. */
  readonly own: (part: string, stop: () => Promise<void> | void) => void;
  /** Stops every part, last started first. One that fails is logged and does not keep the others running. */
  readonly end: () => Promise<void>;
};

/**
 * @example
 * const lifetime = createLifetime(logger);
 * const database = openDatabase(options);
 * lifetime.own('database', database.close);
 */
export const createLifetime = (logger: Logger): Lifetime => {
  const parts: { readonly part: string; readonly stop: () => Promise<void> | void }[] = [];
  let ending: Promise<void> | undefined;

  const stopAll = async (): Promise<void> => {
    for (let next = parts.pop(); next !== undefined; next = parts.pop()) {
      try {
        await next.stop();
      } catch (error) {
        logger.error({ err: error, part: next.part }, 'a part did not stop cleanly');
      }
    }
  };

  return {
    own: (part, stop) => {
      parts.push({ part, stop });
    },
    end: () => (ending ??= stopAll()),
  };
};
