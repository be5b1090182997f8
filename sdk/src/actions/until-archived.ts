import { ServiceError } from '../errors.ts';

/**
 * Asks for a bundle again while the service has the anchor but not yet its archived proofs, which it fetches from the
 * chain after a receipt says `final`.
 *
 * @param options.patienceMs milliseconds before the refusal is passed on (default 60,000)
 * @throws what `ask` throws, at once unless it is the refusal `not-anchored`
 * @example const bytes = await untilArchived(() => getBundle(client, { digest }))
 */
export const untilArchived = async <T>(
  ask: () => Promise<T>,
  { patienceMs = 60_000, pauseMs = 200 }: { readonly patienceMs?: number; readonly pauseMs?: number } = {},
): Promise<T> => {
  for (const until = Date.now() + patienceMs; ;) {
    try {
      return await ask();
    } catch (error) {
      const waits = error instanceof ServiceError && error.problem.code === 'not-anchored';
      if (!waits || Date.now() >= until) throw error;
    }
    await new Promise((wake) => setTimeout(wake, pauseMs));
  }
};
