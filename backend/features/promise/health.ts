import type { KeyDirectory } from '../chain/types.ts';
import type { HealthProbe } from '../health/types.ts';
import type { ChallengeStore } from './challenge-store.ts';

/** Seconds to the end of an answer's time below which a challenge that is still open needs a person. */
const URGENT_S = 86_400n;

/** The promise part of `/health`: `failing` while less than a day is left to answer a challenge. */
export const createPromiseProbe = (options: {
  readonly challenges: Pick<ChallengeStore, 'open'>;
  readonly directory: Pick<KeyDirectory, 'head'>;
}): HealthProbe => ({
  part: 'promise',
  check: async () => {
    const now = options.directory.head()?.time ?? 0n;
    const open = await options.challenges.open(now);
    const [urgent] = open;
    const figures = { openChallenges: open.length };
    if (urgent === undefined) return { status: 'ok', figures };
    const answerBy = new Date(Number(urgent.answerBy) * 1_000).toISOString();
    return {
      status: urgent.answerBy - now < URGENT_S ? 'failing' : 'degraded',
      detail: `the receipt of ${urgent.digest} is challenged and must be answered for by ${answerBy}`,
      figures,
    };
  },
});
