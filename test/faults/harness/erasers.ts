import { ErasureError } from '../../../backend/features/erasure/errors.ts';
import type { FaultyProcess } from './process.ts';
import type { Random } from './random.ts';
import { isForced } from './forced.ts';
import type { Senders } from './senders.ts';

/** Those who have batches erased: what they were promised, and what they cannot know. */
export type Erasers = {
  /** Asks for the erasure of a batch that has its receipt. */
  readonly ask: (process: Pick<FaultyProcess, 'erasures' | 'injector'>) => Promise<void>;
  /** Batches whose erasure was acknowledged. */
  readonly asked: ReadonlySet<string>;
  /** Batches whose erasure was asked for without an answer. */
  readonly unanswered: ReadonlySet<string>;
};

/** One batch in so many that have receipts is asked for at a time. */
const ONE_IN = 3;

/** Creates them. */
export const createErasers = (senders: Senders, random: Random): Erasers => {
  const asked = new Set<string>();
  const unanswered = new Set<string>();
  return {
    asked,
    unanswered,
    ask: async ({ erasures, injector }) => {
      const held = [...senders.held];
      if (held.length === 0 || random.below(ONE_IN) > 0) return;
      const [name, { batch }] = random.pick(held);
      try {
        await erasures.ask(batch.digest, 'asked for by the test');
      } catch (error) {
        // Not in the log yet: nothing was written.
        if (error instanceof ErasureError && error.code === 'statement-unknown') return;
        if (!isForced(error)) throw error;
        unanswered.add(name);
        return;
      }
      if (injector.isDead()) unanswered.add(name);
      else asked.add(name);
    },
  };
};
