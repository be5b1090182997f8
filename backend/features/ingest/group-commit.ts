import { setTimeout as sleep } from 'node:timers/promises';
import type { Candidate } from './candidate.ts';
import type { Flush } from './flush.ts';
import type { SubmissionResult } from './types.ts';

/** Fewer statements wait a little for others. */
const WORTH_ONE = 64;
const LINGER_MS = 4;
/** Most of one transaction; more waits for the next. */
const MAX_STATEMENTS = 2_048;
const MAX_BYTES = 16 * 1024 * 1024;

type Waiting = {
  readonly candidates: readonly Candidate[];
  readonly bytes: number;
  readonly resolve: (results: SubmissionResult[]) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Joins the statements of concurrent requests: while one transaction is under way, the next one gathers. A request is
 * never split over two.
 *
 * @returns a function that resolves with the results of its statements, in order, once they are durable
 */
export const createGroupCommit = (
  flush: Flush,
): ((candidates: readonly Candidate[]) => Promise<SubmissionResult[]>) => {
  const queue: Waiting[] = [];
  let running = false;

  const waiting = (): number => queue.reduce((sum, { candidates }) => sum + candidates.length, 0);

  const nextGroup = (): Waiting[] => {
    let statements = 0;
    let bytes = 0;
    const end = queue.findIndex((waiting, i) => {
      statements += waiting.candidates.length;
      bytes += waiting.bytes;
      return i > 0 && (statements > MAX_STATEMENTS || bytes > MAX_BYTES);
    });
    return queue.splice(0, end === -1 ? queue.length : end);
  };

  const run = async (): Promise<void> => {
    running = true;
    while (queue.length > 0) {
      // What came alone is likely to be followed: a transaction costs as much for one as for twenty.
      if (waiting() < WORTH_ONE) await sleep(LINGER_MS);
      const group = nextGroup();
      try {
        const results = await flush(group.flatMap(({ candidates }) => candidates));
        for (const { candidates, resolve } of group)
          resolve(candidates.map((candidate) => results.get(candidate)!));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    running = false;
  };

  return (candidates) => {
    if (candidates.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const bytes = candidates.reduce((sum, { payload }) => sum + 1024 + (payload?.block.length ?? 0), 0);
      queue.push({ candidates, bytes, resolve, reject });
      if (!running) void run();
    });
  };
};
