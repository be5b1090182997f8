import { equal, toHex } from '@gridseal/protocol/bytes';
import type { Primitives } from '@gridseal/protocol/primitives';
import { DatabaseError } from '../../adapters/postgres/errors.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { periodOf } from '@gridseal/protocol/payload/block';
import { entriesOf, type BlockEntry, type Promised } from './block.ts';
import type { BlockIds } from './block-ids.ts';
import { placeName, type Candidate } from './candidate.ts';
import { conflictsOf, equivocation, splitByPlace, type Holders } from './conflicts.ts';
import type { FirstReceipts } from './first-receipts.ts';
import { openBoots, recordConflicts, takenPlaces, writeBlock, type TakenPlace } from './flush-store.ts';
import { refuseByHistory } from './history.ts';
import type { ReceiptsIssuer, Refusal, SignedReceipt, SubmissionResult } from './types.ts';

/** Writes statements of any number of requests as one block in one transaction; one result each. */
export type Flush = (candidates: readonly Candidate[]) => Promise<Map<Candidate, SubmissionResult>>;

/** Runs of one flush before its error goes to the callers: each lost race and each lost connection takes one. */
const ATTEMPTS = 8;

/**
 * Creates the flush. When it resolves, everything it calls accepted is durable, and every contradiction is recorded.
 *
 * @param promise when statements are taken now, and by when their anchor is promised
 * @example const results = await createFlush({ database, blockIds, primitives, issue, promise })(candidates)
 */
export const createFlush = (options: {
  readonly database: Database;
  readonly blockIds: BlockIds;
  readonly primitives: Primitives;
  readonly issue: ReceiptsIssuer;
  readonly firstReceipts: FirstReceipts;
  readonly promise: () => Promised;
}): Flush => {
  const { database, blockIds, primitives, issue, firstReceipts, promise } = options;

  /** Takes the places of `free` in one transaction, or finds out which of them are taken. */
  const attempt = async (
    free: readonly Candidate[],
    all: readonly Candidate[],
    taken: Holders,
  ): Promise<Written> => {
    const block = await blockIds.next();
    const promised = promise();
    return database.transaction(async (tx) => {
      const refused = await refuseByHistory(tx, free);
      const passed = refused.size === 0 ? free : free.filter((candidate) => !refused.has(candidate));
      const entries = entriesOf(passed, promised, primitives);
      const candidates = entries.map(({ candidate }) => candidate);
      // Signed while the database writes. Nobody sees a receipt before the commit.
      const signing = issue(
        entries.map(({ candidate: { digest }, hash }) => ({ digest, entryHash: hash, ...promised })),
      );
      signing.catch(() => undefined);
      if (entries.length > 0) {
        const { isPlaced, closed } = await writeBlock(tx, block, periodsOf(candidates), entries, promised);
        if (closed.length > 0) throw new PeriodClosedError(closed);
        if (!isPlaced)
          throw new PlacesTaken(
            await takenPlaces(
              tx,
              block,
              candidates.map(({ place }) => place),
            ),
          );
        await openBoots(tx, candidates);
      }
      const holders = new Map(taken);
      for (const { place, digest } of candidates) holders.set(placeName(place), digest);
      await recordConflicts(tx, conflictsOf(all, holders));
      return { entries, refused, holders, signing };
    });
  };

  const write = async (all: readonly Candidate[], firsts: readonly Candidate[]): Promise<Written> => {
    const taken = new Map<string, Uint8Array>();
    for (let run = 1; ; run += 1) {
      const free = firsts.filter(({ place }) => !taken.has(placeName(place)));
      try {
        return await attempt(free, all, taken);
      } catch (error) {
        if (run === ATTEMPTS || !mayRunAgain(error)) throw error;
        if (!(error instanceof PlacesTaken)) continue;
        for (const { place, digest } of error.taken) taken.set(placeName(place), digest);
      }
    }
  };

  const flush: Flush = async (all) => {
    const { firsts } = splitByPlace(all);
    const { entries, refused, holders, signing } = await write(all, firsts);
    const receipts = await signing;
    const results = new Map<Candidate, SubmissionResult>();
    entries.forEach(({ candidate }, i) => {
      results.set(candidate, { status: 'accepted', digest: candidate.digest, receipt: receipts[i]! });
    });
    for (const [candidate, because] of refused)
      results.set(candidate, { status: 'refused', digest: candidate.digest, refusal: because });

    const again: Candidate[] = [];
    const same: Candidate[] = [];
    for (const candidate of all) {
      if (results.has(candidate)) continue;
      const holder = holders.get(placeName(candidate.place));
      if (holder === undefined) again.push(candidate);
      else if (equal(holder, candidate.digest)) same.push(candidate);
      else {
        const { digest, place } = candidate;
        results.set(candidate, { status: 'refused', digest, refusal: equivocation(place, holder) });
      }
    }
    const earlier = await firstReceipts(same.map(({ digest }) => digest));
    const byDigest = new Map(earlier.map((result) => [toHex(result.digest), result]));
    for (const candidate of same) {
      const name = toHex(candidate.digest);
      const result = byDigest.get(name);
      if (result === undefined) throw new Error(`statement ${name} has a key but no block`);
      results.set(candidate, result);
    }
    // Their place is free again: the statement before them there was refused by what the database knows.
    if (again.length > 0)
      for (const [candidate, result] of await flush(again)) results.set(candidate, result);
    return results;
  };
  return flush;
};

/** Payloads that were sealed under a key which is being destroyed: nothing of them was taken. */
export class PeriodClosedError extends Error {
  override readonly name = 'PeriodClosedError';
  constructor(periods: readonly string[]) {
    super(`the keys of ${periods.join(', ')} seal nothing more`);
  }
}

const periodsOf = (candidates: readonly Candidate[]): string[] => [
  ...new Set(candidates.flatMap(({ payload }) => (payload === undefined ? [] : [periodOf(payload.block)]))),
];

type Written = {
  readonly entries: readonly BlockEntry[];
  readonly refused: ReadonlyMap<Candidate, Refusal>;
  readonly holders: Holders;
  /** Of the entries, in their order. */
  readonly signing: Promise<readonly SignedReceipt[]>;
};

/** Rolls back a transaction that found places taken: a block holds exactly what it acknowledges. */
class PlacesTaken extends Error {
  readonly taken: readonly TakenPlace[];
  constructor(taken: readonly TakenPlace[]) {
    super(`${taken.length} places are taken`);
    this.taken = taken;
  }
}

/** A commit whose outcome is unknown is run again: what it wrote is found as taken places. */
const mayRunAgain = (error: unknown): boolean =>
  error instanceof PlacesTaken ||
  (error instanceof DatabaseError && (error.retryable || error.code === 'outcome-unknown'));
