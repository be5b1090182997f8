import { ServiceError } from '../errors.ts';

const NOT_YET: readonly string[] = ['not-sequenced', 'not-anchored'];

/**
 * Asks for a bundle again while its statement is on its way: acknowledged and not yet in the log, or in the log and not yet
 * under an anchor whose proofs are archived.
 *
 * @param options.patienceMs milliseconds before the refusal is passed on (default 60,000)
 * @throws what `ask` throws, at once unless it is the refusal `not-sequenced` or `not-anchored`
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
      const waits = error instanceof ServiceError && NOT_YET.includes(error.problem.code);
      if (!waits || Date.now() >= until) throw error;
    }
    await new Promise((wake) => setTimeout(wake, pauseMs));
  }
};
