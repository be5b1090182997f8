import { createHash } from 'node:crypto';
import { bytesToHex, hexToBytes, type Hex } from 'viem';

import type { Database, Queryable } from '../../adapters/postgres/database.ts';
import type { StepOutcome } from '../../worker/poller.ts';

/** Profile documents by the hash that enrolments and batches cite. */
export type Profiles = {
  /**
   * Keeps a document for an hour, or for good where a key of the registry names it. Storing it again lets the hour begin anew.
   *
   * @returns the document's hash; `undefined` when as many wait as may
   */
  readonly store: (document: string) => Promise<Hex | undefined>;
  readonly find: (hash: Hex) => Promise<string | undefined>;
  /** Keeps for good what keys name by now, and forgets what nobody named in its hour. */
  readonly step: () => Promise<StepOutcome>;
};

/** Documents that wait for an enrolment, all together. */
const PENDING_DOCUMENTS = 1_000;
const PENDING_BYTES = 4_194_304;

/** Many may store at once, and each must count what the others store. */
const STORE_LOCK = 0x67_73_70_66;

const KEEP_NAMED = `UPDATE profile SET pending_until = NULL
  WHERE pending_until IS NOT NULL AND EXISTS (SELECT FROM device_key k WHERE k.profile = profile.hash)`;
const FORGET = 'DELETE FROM profile WHERE pending_until < now()';

const hasRoom = async (tx: Queryable, hash: Uint8Array, bytes: number): Promise<boolean> => {
  const [waiting] = await tx.query<{ documents: bigint; bytes: bigint }>(
    `SELECT count(*) AS documents, coalesce(sum(octet_length(document)), 0)::bigint AS bytes
     FROM profile WHERE pending_until IS NOT NULL AND hash <> $1`,
    [hash],
  );
  return (
    waiting !== undefined &&
    waiting.documents < PENDING_DOCUMENTS &&
    Number(waiting.bytes) + bytes <= PENDING_BYTES
  );
};

/** Creates the store of profile documents. What is stored was checked to be canonical before. */
export const createProfiles = (database: Database): Profiles => ({
  store: async (document) => {
    const hash = createHash('sha256').update(document).digest();
    const stored = await database.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock($1)', [STORE_LOCK]);
      await tx.execute(FORGET);
      if (!(await hasRoom(tx, hash, Buffer.byteLength(document)))) {
        const known = await tx.query('SELECT FROM profile WHERE hash = $1', [hash]);
        return known.length > 0;
      }
      await tx.execute(
        `INSERT INTO profile (hash, document, pending_until) VALUES ($1, $2, now() + interval '1 hour')
         ON CONFLICT (hash) DO UPDATE SET pending_until = excluded.pending_until WHERE profile.pending_until IS NOT NULL`,
        [hash, document],
      );
      await tx.execute(`${KEEP_NAMED} AND hash = $1`, [hash]);
      return true;
    });
    return stored ? bytesToHex(hash) : undefined;
  },
  find: async (hash) => {
    const [row] = await database.query<{ document: string }>('SELECT document FROM profile WHERE hash = $1', [
      hexToBytes(hash),
    ]);
    return row?.document;
  },
  step: async () => {
    await database.execute(KEEP_NAMED);
    await database.execute(FORGET);
    return 'idle';
  },
});
