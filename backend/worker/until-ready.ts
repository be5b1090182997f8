import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../adapters/logger/logger.ts';

/** First pause between attempts, and the longest that they grow to. */
const PAUSE_MS = { first: 1_000, longest: 30_000 } as const;

/** What is waited for, and how to tell that it is away from anything that no waiting heals. */
export type Awaited<T> = {
  /** In a sentence: `the database` is not there yet. */
  readonly part: string;
  readonly attempt: () => Promise<T>;
  /** Why the part is away, in words without its address; `undefined` where the failure is of another kind. */
  readonly awayBecause: (error: unknown) => string | undefined;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
  readonly firstPauseMs?: number;
};

/**
 * Tries until a part of the service answers. Parts are started side by side, and a service that gives up because another
 * one is a moment late leaves nothing but a line in a log.
 *
 * @returns what the attempt came to
 * @throws what the attempt throws when waiting does not heal it; the reason of `signal` once that is aborted
 * @example
 * const chainId = await untilReady({ part: 'the chain', attempt: () => client.getChainId(), awayBecause, logger })
 */
export const untilReady = async <T>(options: Awaited<T>): Promise<T> => {
  const { part, attempt, awayBecause, logger, signal } = options;
  for (
    let pauseMs = options.firstPauseMs ?? PAUSE_MS.first;
    ;
    pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)
  ) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const reason = awayBecause(error);
      if (reason === undefined) throw error;
      const waitingFor = `${part} ${reason}`;
      logger.warn({ waitingFor, againInMs: pauseMs }, `waiting for ${part}, which ${reason}`);
    }
    await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
  }
};
