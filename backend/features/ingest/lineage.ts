import { equal } from '@gridseal/protocol/bytes';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Candidate } from './candidate.ts';

/**
 * A revoked key still speaks for the statement that its revocation named last good and for that statement's ancestors. An
 * ancestor shows itself by being the `previous` of one already known, so a lineage is taken newest first; one request may
 * bring it in any order.
 *
 * @param candidates statements by revoked keys
 * @returns those admitted, newest first
 */
export const admitLineages = async (
  tx: Queryable,
  candidates: readonly Candidate[],
): Promise<Set<Candidate>> => {
  const admitted = new Set<Candidate>();
  const waiting = [...candidates].sort((a, b) => (a.place.sequence > b.place.sequence ? -1 : 1));
  const chains = Map.groupBy(waiting, ({ place, keyId }) =>
    Buffer.concat([place.author, keyId]).toString('latin1'),
  );
  for (const chain of [...chains.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, chain]) => chain)) {
    const [first] = chain;
    if (first?.lastGood === undefined) continue;
    const known = await frontierOf(tx, first);
    // The way down from the last good statement may be as long as the chain: it is walked once, whoever asks.
    let expected = await descend(tx, first.place.author, known ?? first.lastGood);
    for (const candidate of chain) {
      if (!equal(candidate.digest, expected)) continue;
      admitted.add(candidate);
      expected = await descend(tx, candidate.place.author, candidate.previous);
    }
    if (known === undefined || !equal(expected, known)) await moveFrontier(tx, first, expected);
  }
  return admitted;
};

const NOTHING = new Uint8Array(0);

const frontierOf = async (tx: Queryable, { place, keyId }: Candidate): Promise<Uint8Array | undefined> => {
  const [row] = await tx.query<{ expected: Uint8Array }>(
    'SELECT expected FROM lineage_frontier WHERE author = $1 AND key_id = $2 FOR UPDATE',
    [place.author, keyId],
  );
  return row?.expected;
};

const moveFrontier = async (
  tx: Queryable,
  { place, keyId }: Candidate,
  expected: Uint8Array,
): Promise<void> => {
  await tx.execute(
    `INSERT INTO lineage_frontier (author, key_id, expected) VALUES ($1, $2, $3)
     ON CONFLICT (author, key_id) DO UPDATE SET expected = excluded.expected`,
    [place.author, keyId, expected],
  );
};

/** Where `previous` (header word 6) starts in an entry: version, length, type hash and five words come first. */
const PREVIOUS_AT = 1 + 4 + 32 + 5 * 32 + 1;

/**
 * Follows `previous` from a digest through acknowledged statements of its author.
 *
 * @returns the first digest that is not acknowledged; nothing when the chain's first statement was reached
 */
const descend = async (tx: Queryable, author: Uint8Array, digest: Uint8Array): Promise<Uint8Array> => {
  const [row] = await tx.query<{ digest: Uint8Array }>(
    `WITH RECURSIVE ancestor (digest, depth) AS (
       SELECT $2::bytea, 0
       UNION ALL
       SELECT substr(b.entries, coalesce(b.entry_ends[s.position], 0) + ${PREVIOUS_AT}, 32), ancestor.depth + 1
       FROM ancestor
       JOIN statement s ON s.digest = ancestor.digest AND s.author = $1
       JOIN statement_block b ON b.id = s.block
     )
     SELECT digest FROM ancestor ORDER BY depth DESC LIMIT 1`,
    [author, digest],
  );
  if (row === undefined) throw new Error('a recursive query lost its first row');
  return row.digest.every((byte) => byte === 0) ? NOTHING : row.digest;
};
