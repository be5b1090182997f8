import { setImmediate } from 'node:timers/promises';

/** Longest that background work keeps requests waiting at a time, in milliseconds. */
const TURN_MS = 3;

/**
 * Makes what background work awaits between its pieces: it goes on at once while its turn lasts, and after what others have to
 * do when it is over.
 *
 * @example
 * const turn = createTurns()
 * for (const entry of entries) { await turn(); index(entry); }
 */
export const createTurns = (): (() => Promise<void>) => {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < TURN_MS) return;
    await setImmediate();
    began = performance.now();
  };
};
