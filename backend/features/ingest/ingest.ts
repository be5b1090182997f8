import type { Primitives } from '@gridseal/protocol/primitives';
import { toHex } from '@gridseal/protocol/bytes';
import { deadlineAfter } from '@gridseal/protocol/statement/receipt';
import type { Database } from '../../adapters/postgres/database.ts';
import { admit, type AdmissionRules } from './admission.ts';
import { createBlockIds } from './block-ids.ts';
import type { Admitted, Candidate, Checked, Examinable, SealedPayload } from './candidate.ts';
import { IngestError } from './errors.ts';
import { createFlush, PeriodClosedError } from './flush.ts';
import type { Gate } from './gate.ts';
import { createFirstReceipts } from './first-receipts.ts';
import { createGroupCommit } from './group-commit.ts';
import type {
  Ingest,
  PeriodKeys,
  ReceiptsIssuer,
  RefusalCode,
  Submission,
  SubmissionResult,
} from './types.ts';
import type { Wrapping } from './examination.ts';

/** Does the costly checks of one request's statements, in order, without holding up the others. */
export type Examiner = (
  statements: readonly Examinable[],
  wrapping: Wrapping,
) => Promise<readonly Checked<SealedPayload | undefined>[]>;

/** How much may be under way, from submission to result. */
export type IngestLimits = {
  readonly maxQueuedStatements: number;
  readonly maxQueuedBytes: number;
};

/** Refusals that a resubmission may meet although its first submission was taken. */
const TAKEN_BEFORE: readonly RefusalCode[] = [
  'clock-skew',
  'key-unknown',
  'key-pending',
  'key-revoked',
  'owner-not-admitted',
  'lineage-unproven',
  'profile-mismatch',
  'wrong-chain',
];

/** When to try again, where nothing better is known. */
const CATCH_UP_S = 5;
/** A log that was halted goes on when people have acted. */
const HALTED_S = 60;

/**
 * Creates ingest: admission, examination and one group commit for all requests.
 *
 * @param anchorDeadlineMs how long after a statement was taken its receipt promises an anchor
 * @example const results = await createIngest(options).submit([{ authorPart, payload: { batchKey, columnar } }])
 */
export const createIngest = (options: {
  readonly database: Database;
  readonly rules: AdmissionRules;
  readonly periodKeys: PeriodKeys;
  readonly issue: ReceiptsIssuer;
  readonly examine: Examiner;
  readonly primitives: Primitives;
  readonly anchorDeadlineMs: number;
  readonly limits: IngestLimits;
  readonly gate: Gate;
}): Ingest => {
  const { database, rules, periodKeys, issue, examine, primitives, limits } = options;
  const promisedSeconds = BigInt(Math.ceil(options.anchorDeadlineMs / 1000));
  const firstReceipts = createFirstReceipts({ database, issue, primitives });
  const flush = createFlush({
    database,
    blockIds: createBlockIds(database),
    primitives,
    issue,
    firstReceipts,
    promise: () => {
      const receiptTimeMs = BigInt(rules.now());
      return { receiptTimeMs, deadline: deadlineAfter(receiptTimeMs, promisedSeconds) };
    },
  });
  const commit = createGroupCommit(flush);
  const underWay = { statements: 0, bytes: 0 };
  const running = new Map<Promise<unknown>, number>();
  let closed = false;

  /** First receipts of a request of which every statement was acknowledged before. */
  const recallAll = async (submissions: readonly Submission[]): Promise<SubmissionResult[] | undefined> => {
    const digests = submissions.map((submission) => {
      const checked = admit(submission, rules);
      return 'passed' in checked ? checked.passed.digest : checked.digest;
    });
    const asked = digests.filter((digest) => digest !== undefined);
    if (asked.length < digests.length) return undefined;
    const found = new Map<string, SubmissionResult>();
    for (const result of await firstReceipts(asked)) found.set(toHex(result.digest), result);
    const results = asked.flatMap((digest) => found.get(toHex(digest)) ?? []);
    return results.length === submissions.length ? results : undefined;
  };

  /** While something behind ingest has to catch up only what was taken before is answered. */
  const takeUnlessClosed = async (submissions: readonly Submission[]): Promise<SubmissionResult[]> => {
    const reason = await options.gate.closedBy();
    if (reason === undefined) return take(submissions);
    const recalled = await recallAll(submissions);
    if (recalled !== undefined) return recalled;
    if (options.gate.haltedBy() !== undefined) throw new IngestError('log-halted', HALTED_S, reason);
    throw new IngestError('overloaded', CATCH_UP_S, reason);
  };

  /** Gives refused statements that were acknowledged before their first receipt. */
  const recallRefused = async (results: SubmissionResult[]): Promise<void> => {
    const refused = results.flatMap((result, i) =>
      result.status === 'refused' && result.digest !== undefined && TAKEN_BEFORE.includes(result.refusal.code)
        ? [{ i, digest: result.digest }]
        : [],
    );
    if (refused.length === 0) return;
    const digests = refused.map(({ digest }) => digest);
    for (const result of await firstReceipts(digests))
      for (const one of refused) if (toHex(one.digest) === toHex(result.digest)) results[one.i] = result;
  };

  const take = async (submissions: readonly Submission[]): Promise<SubmissionResult[]> => {
    const results = new Array<SubmissionResult>(submissions.length);
    const refuse = (i: number, { refused, digest }: Extract<Checked<never>, { refused: unknown }>) => {
      results[i] = { status: 'refused', digest, refusal: refused };
    };
    const admitted: { readonly i: number; readonly statement: Admitted }[] = [];
    submissions.forEach((submission, i) => {
      const checked = admit(submission, rules);
      if ('passed' in checked) admitted.push({ i, statement: checked.passed });
      else refuse(i, checked);
    });
    const examined = await examine(
      admitted.map(({ statement }) => statement),
      periodKeys.current(admitted.length),
    );
    const candidates: { readonly i: number; readonly candidate: Candidate }[] = [];
    examined.forEach((checked, n) => {
      const { i, statement } = admitted[n]!;
      if ('refused' in checked) refuse(i, checked);
      else candidates.push({ i, candidate: toCandidate(statement, checked.passed) });
    });
    const written = await commit(candidates.map(({ candidate }) => candidate)).catch((error: unknown) => {
      if (!(error instanceof PeriodClosedError)) throw error;
      periodKeys.closed();
      throw new IngestError('overloaded', 1, error.message);
    });
    written.forEach((result, n) => (results[candidates[n]!.i] = result));
    await recallRefused(results);
    return results;
  };

  return {
    submit: async (submissions) => {
      if (closed) throw new IngestError('closed', 5);
      const bytes = submissions.reduce(
        (sum, { authorPart, payload }) => sum + authorPart.length + (payload?.columnar.length ?? 0),
        0,
      );
      const isFull =
        underWay.statements > 0 &&
        (underWay.statements + submissions.length > limits.maxQueuedStatements ||
          underWay.bytes + bytes > limits.maxQueuedBytes);
      if (isFull) throw new IngestError('overloaded', 1);
      underWay.statements += submissions.length;
      underWay.bytes += bytes;
      const work = takeUnlessClosed(submissions);
      running.set(work, performance.now());
      try {
        return await work;
      } finally {
        running.delete(work);
        underWay.statements -= submissions.length;
        underWay.bytes -= bytes;
      }
    },
    queued: () => ({ ...underWay }),
    waitingMs: () => {
      const [oldest] = running.values();
      return oldest === undefined ? 0 : performance.now() - oldest;
    },
    close: async () => {
      closed = true;
      await Promise.allSettled(running.keys());
    },
  };
};

const toCandidate = (
  { telemetry: _readings, signature: _inAuthorPart, ownKeyOf: _checked, ...statement }: Admitted,
  payload: SealedPayload | undefined,
): Candidate => ({ ...statement, payload });
