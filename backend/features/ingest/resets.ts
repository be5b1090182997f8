import { toHex } from '@gridseal/protocol/bytes';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Candidate } from './candidate.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './types.ts';

/**
 * What only the acknowledged statements can say of boots: a Reset names one that is there, and a boot after the first was
 * opened by a Reset, acknowledged before or in the same flush.
 *
 * @returns refusals of the statements that do not hold
 */
export const refuseBoots = async (
  tx: Queryable,
  candidates: readonly Candidate[],
): Promise<Map<Candidate, Refusal>> => {
  const refused = new Map<Candidate, Refusal>();
  const opened = new Set<string>();
  for (const candidate of candidates) {
    if (candidate.reset === undefined) continue;
    if (await isFounded(tx, candidate.reset)) opened.add(chainName(candidate.reset.subject, candidate.reset));
    else refused.set(candidate, unfounded(candidate.reset));
  }
  for (const candidate of candidates) {
    const { place } = candidate;
    if (place.boot === 0 || opened.has(chainName(place.author, place))) continue;
    const [row] = await tx.query<{ found: boolean }>(
      'SELECT true AS found FROM chain_reset WHERE subject = $1 AND lane = $2 AND boot = $3',
      [place.author, place.lane, place.boot],
    );
    if (row === undefined) {
      const message = `is ${place.boot}; the identity's owner has not opened it with a Reset`;
      refused.set(candidate, refusal('reset-missing', 'header.boot', message));
    }
  }
  return refused;
};

type Reset = NonNullable<Candidate['reset']>;

const chainName = (subject: Uint8Array, { lane, boot }: { lane: number; boot: number }): string =>
  `${toHex(subject)}/${lane}/${boot}`;

const isFounded = async (tx: Queryable, { subject, lane, boot, lastKnown }: Reset): Promise<boolean> => {
  const rows = await tx.query(
    'SELECT FROM statement WHERE digest = $1 AND author = $2 AND lane = $3 AND boot < $4',
    [lastKnown, subject, lane, boot],
  );
  return rows.length > 0;
};

const unfounded = ({ lastKnown, boot }: Reset): Refusal =>
  refusal(
    'reset-unfounded',
    'body.lastKnown',
    `${toHex(lastKnown)} is not an acknowledged statement of the subject in this lane before boot ${boot}`,
  );
