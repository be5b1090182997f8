import { setTimeout as sleep } from 'node:timers/promises';

/** Longest that background work keeps requests waiting at a time, in milliseconds. */
const TURN_MS = 2;
/** What requests have in between: a request takes several passes of the event loop, and would meet a turn at each. */
const REST_MS = 4;

/**
 * Makes what background work awaits between its pieces: it goes on at once while its turn lasts, and after a rest when it is
 * over.
 *
 * @example
 * const turn = createTurns()
 * for (const entry of entries) { await turn(); index(entry); }
 */
export const createTurns = (): (() => Promise<void>) => {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < TURN_MS) return;
    await sleep(REST_MS);
    began = performance.now();
  };
};
