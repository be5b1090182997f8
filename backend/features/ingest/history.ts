import { toHex } from '@gridseal/protocol/bytes';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Candidate } from './candidate.ts';
import { admitLineages } from './lineage.ts';
import { refusal } from './refusal.ts';
import { refuseBoots } from './resets.ts';
import type { Refusal } from './types.ts';

/**
 * Refuses what the acknowledged statements do not bear out: boots that nobody opened, and statements of a revoked key
 * outside the lineage of its last good one. Most flushes have neither and ask nothing.
 */
export const refuseByHistory = async (
  tx: Queryable,
  candidates: readonly Candidate[],
): Promise<Map<Candidate, Refusal>> => {
  const booted = candidates.filter(({ reset, place }) => reset !== undefined || place.boot > 0);
  const refused = booted.length === 0 ? new Map<Candidate, Refusal>() : await refuseBoots(tx, booted);
  const revoked = candidates.filter(
    (candidate) => candidate.lastGood !== undefined && !refused.has(candidate),
  );
  if (revoked.length === 0) return refused;
  const admitted = await admitLineages(tx, revoked);
  for (const candidate of revoked)
    if (!admitted.has(candidate)) refused.set(candidate, outsideLineage(candidate));
  return refused;
};

const outsideLineage = ({ lastGood = new Uint8Array(0) }: Candidate): Refusal =>
  refusal(
    'lineage-unproven',
    'header.keyId',
    `was revoked; the statement is neither the last good one, ${toHex(lastGood)}, nor the previous of an acknowledged ancestor of it`,
  );
