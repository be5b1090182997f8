import type { Hex } from '@gridseal/protocol';
import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import type { PromiseAnswer } from '@gridseal/sdk/promise/actions';
import { encodeFunctionData } from 'viem';

import type { Logger } from '../../adapters/logger/logger.ts';
import type { StepOutcome } from '../../worker/poller.ts';
import type { Outbox } from '../chain/outbox.ts';
import type { KeyDirectory } from '../chain/types.ts';
import { ANSWER, type ChallengeStore } from './challenge-store.ts';
import type { OpenChallenge } from './types.ts';

/**
 * Answers paid for within a day. Whoever challenges pays as much as whoever answers, and without a limit could spend the
 * account that anchors are paid from; this many are a small part of a day's anchors.
 */
const MOST_A_DAY = 100;
/** Answers paid for to one challenge: one that was sent again after a reorganisation may come before its challenge does. */
const MOST_TRIES = 3;

/** Answers challenges, so that no promise that was kept goes on record as broken because nobody spoke up. */
export type PromiseAnswerer = { readonly step: () => Promise<StepOutcome> };

/**
 * Creates the answerer.
 *
 * @param answerTo what keeps a promise: 'not-final' while the chain may still take it back, undefined where nothing does
 * @param holdsLease whether this process is the one that sends transactions
 * @param lookAgainMs until what could not be answered is looked at again: a log that has just started may not know its
 *   entries yet
 * @param mostADay 100 unless told otherwise
 */
export const createPromiseAnswerer = (options: {
  readonly anchorPromise: Hex;
  readonly challenges: ChallengeStore;
  readonly directory: Pick<KeyDirectory, 'head'>;
  readonly answerTo: (challenge: OpenChallenge) => Promise<PromiseAnswer | 'not-final' | undefined>;
  readonly outbox: Pick<Outbox, 'find' | 'submit'>;
  readonly holdsLease: () => Promise<boolean>;
  readonly lookAgainMs: number;
  readonly mostADay?: number;
  readonly logger: Logger;
}): PromiseAnswerer => {
  const { anchorPromise, challenges, directory, answerTo, outbox, holdsLease, lookAgainMs, logger } = options;
  const mostADay = options.mostADay ?? MOST_A_DAY;
  /** Challenges that could not be answered, and when each is looked at again. */
  const postponed = new Map<Hex, number>();
  const postpone = ({ receiptDigest, digest, answerBy }: OpenChallenge, why: string): void => {
    const isNews = !postponed.has(receiptDigest);
    postponed.set(receiptDigest, performance.now() + lookAgainMs);
    if (!isNews) return;
    const until = new Date(Number(answerBy) * 1_000).toISOString();
    logger.error({ receiptDigest, digest, until }, `a promise is challenged and not answered: ${why}`);
  };

  /** Most likely somebody else was first, and the follower is about to say so. */
  const mayTryAgain = async (challenge: OpenChallenge, reference: string): Promise<boolean> => {
    if (postponed.has(challenge.receiptDigest) && (await challenges.triesOf(reference)) < MOST_TRIES)
      return true;
    postpone(challenge, 'the answer reverted');
    return false;
  };

  const answer = async (challenge: OpenChallenge): Promise<void> => {
    if ((postponed.get(challenge.receiptDigest) ?? 0) > performance.now()) return;
    const reference = `${ANSWER}${challenge.receiptDigest}`;
    const sent = await outbox.find(reference);
    if (sent?.status === 'pending' || sent?.status === 'mined') return;
    if (sent?.status === 'reverted' && !(await mayTryAgain(challenge, reference))) return;
    if ((await challenges.answeredToday()) >= mostADay) {
      postpone(
        challenge,
        `${mostADay} answers were paid for within a day; gridseal promise answer gives more`,
      );
      return;
    }
    const found = await answerTo(challenge);
    if (found === 'not-final') return;
    if (found === undefined) {
      postpone(challenge, 'no anchor in time that the contracts still know covers the entry');
      return;
    }
    const { state, position, index, path } = found;
    const { size, root } = state;
    const coverage = { state, position, size, root, consistency: [], index, path };
    const data = encodeFunctionData({
      abi: anchorPromiseAbi,
      functionName: 'answer',
      args: [challenge.receiptDigest, coverage],
    });
    await outbox.submit({ reference, to: anchorPromise, data });
    postponed.delete(challenge.receiptDigest);
    logger.info({ receiptDigest: challenge.receiptDigest, index: String(index) }, 'promise answered for');
  };

  return {
    step: async () => {
      const head = directory.head();
      if (head === undefined || !(await holdsLease())) return 'idle';
      let failure: unknown;
      for (const challenge of await challenges.open(head.time)) {
        try {
          await answer(challenge);
        } catch (error) {
          // The others are answered before this one is complained of.
          failure ??= error;
        }
      }
      if (failure !== undefined) throw failure as Error;
      return 'idle';
    },
  };
};
