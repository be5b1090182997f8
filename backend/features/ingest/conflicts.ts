import { equal, toHex } from '@gridseal/protocol/bytes';
import { comparePlaces, placeName, type Candidate } from './candidate.ts';
import type { Conflict } from './flush-store.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './types.ts';

/** Digest of the statement that has a place, by the place's name. */
export type Holders = ReadonlyMap<string, Uint8Array>;

/** The first statement of each place, and the others: of those at most one can be acknowledged. */
export const splitByPlace = (
  all: readonly Candidate[],
): { readonly firsts: readonly Candidate[]; readonly others: readonly Candidate[] } => {
  const seen = new Set<string>();
  const firsts: Candidate[] = [];
  const others: Candidate[] = [];
  for (const candidate of all) {
    const name = placeName(candidate.place);
    (seen.has(name) ? others : firsts).push(candidate);
    seen.add(name);
  }
  return { firsts, others };
};

/** One conflict a place, in the order of places, of the statements that contradict its holder. */
export const conflictsOf = (all: readonly Candidate[], holders: Holders): Conflict[] => {
  const conflicts = new Map<string, Conflict>();
  for (const candidate of all) {
    const name = placeName(candidate.place);
    const acceptedDigest = holders.get(name);
    if (acceptedDigest === undefined || equal(candidate.digest, acceptedDigest)) continue;
    const { conflicting = candidate, refusals = 0 } = conflicts.get(name) ?? {};
    conflicts.set(name, { acceptedDigest, conflicting, refusals: refusals + 1 });
  }
  return [...conflicts.values()].sort((a, b) => comparePlaces(a.conflicting.place, b.conflicting.place));
};

/** What the author of a contradicting statement is told. */
export const equivocation = ({ sequence, lane, boot }: Candidate['place'], holder: Uint8Array): Refusal =>
  refusal(
    'equivocation',
    'header.sequence',
    `${sequence} of lane ${lane}, boot ${boot} was taken by statement ${toHex(holder)}; the contradiction is recorded`,
  );
