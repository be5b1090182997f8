import { authorPartOf, decodeAuthorPart, equal, isZero, toHex } from '@gridseal/protocol';

import type { LogReader } from '../log/types.ts';
import { EvidenceError } from './errors.ts';

/**
 * Walks an author chain backwards from the last good statement of a revoked key to the statement to
 * be proven: what shows that a revocation left it valid.
 *
 * @param lastGood digest that the revocation names
 * @param digest statement to be proven; the same as `lastGood`, or an ancestor of it
 * @returns author parts, `lastGood` first, the statement itself not among them
 * @throws EvidenceError `lineage-missing` when the way is not in the log, or leads elsewhere; the signal's reason once it aborts:
 *   the way is as long as the chain
 */
export const walkLineage = async (
  log: Pick<LogReader, 'indexOf' | 'entry'>,
  lastGood: Uint8Array,
  digest: Uint8Array,
  signal?: AbortSignal,
): Promise<Uint8Array[]> => {
  const parts: Uint8Array[] = [];
  let name = lastGood;
  while (!equal(name, digest)) {
    signal?.throwIfAborted();
    const index = isZero(name) ? undefined : await log.indexOf(name);
    if (index === undefined) {
      throw new EvidenceError(
        'lineage-missing',
        `${toHex(digest)} is not an ancestor of ${toHex(lastGood)} in the log`,
      );
    }
    const part = authorPartOf((await log.entry(index)).bytes);
    parts.push(part);
    name = decodeAuthorPart(part).header.previous;
  }
  return parts;
};
