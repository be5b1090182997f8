import type { Logger } from '../adapters/logger/logger.ts';

/** Whether a step left more to do at once, or the next look can wait. */
export type StepOutcome = 'more' | 'idle';

/** How a background worker fares, for health and metrics. */
export type PollerState = {
  readonly lastSuccess: Date | undefined;
  readonly lastError: { readonly at: Date; readonly message: string } | undefined;
  readonly consecutiveFailures: number;
};

/** A background worker whose steps never overlap. */
export type Poller = {
  readonly start: () => void;
  /** Ends after the step under way; no step starts afterwards. */
  readonly stop: () => Promise<void>;
  /** Takes the next step now instead of at the interval's end. */
  readonly wake: () => void;
  readonly state: () => PollerState;
};

const MAX_BACKOFF_MS = 30_000;

/**
 * Runs `step` again and again: at once while it answers `more`, else after the interval. A step
 * that throws is logged, counted and tried again with growing pauses, so that one lost connection
 * neither ends the worker nor fills the log.
 *
 * @example
 * const poller = createPoller({ name: 'follower', intervalMs: 1_000, step: follower.step, logger })
 * poller.start()
 */
export const createPoller = (options: {
  readonly name: string;
  readonly intervalMs: number;
  readonly step: (signal: AbortSignal) => Promise<StepOutcome>;
  readonly logger: Logger;
}): Poller => {
  const { name, intervalMs, step, logger } = options;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let interrupt: (() => void) | undefined;
  let woken = false;
  let lastSuccess: Date | undefined;
  let lastError: PollerState['lastError'];
  let consecutiveFailures = 0;

  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      if (woken || stopping.signal.aborted) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, milliseconds);
      interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const attempt = async (): Promise<number> => {
    try {
      const outcome = await step(stopping.signal);
      lastSuccess = new Date();
      consecutiveFailures = 0;
      return outcome === 'more' ? 0 : intervalMs;
    } catch (error) {
      consecutiveFailures += 1;
      lastError = { at: new Date(), message: error instanceof Error ? error.message : String(error) };
      logger.warn({ err: error, worker: name, consecutiveFailures }, 'a step failed and will be tried again');
      return Math.min(MAX_BACKOFF_MS, intervalMs * 2 ** Math.min(consecutiveFailures, 10));
    }
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      woken = false;
      const waitMs = await attempt();
      if (waitMs > 0) await pause(waitMs);
      interrupt = undefined;
    }
  };

  const wake = () => {
    woken = true;
    interrupt?.();
  };

  return {
    start: () => {
      running ??= run();
    },
    stop: async () => {
      stopping.abort();
      wake();
      await running;
    },
    wake,
    state: () => ({ lastSuccess, lastError, consecutiveFailures }),
  };
};
