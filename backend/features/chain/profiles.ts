import { createHash } from 'node:crypto';
import { bytesToHex, hexToBytes, type Hex } from 'viem';

import type { Database } from '../../adapters/postgres/database.ts';

/** Profile documents by the hash that enrolments and batches cite. */
export type Profiles = {
  /** @returns the document's hash. Storing the same document again changes nothing. */
  readonly store: (document: string) => Promise<Hex>;
  readonly find: (hash: Hex) => Promise<string | undefined>;
};

/** Creates the store of profile documents. What is stored was checked to be canonical before. */
export const createProfiles = (database: Database): Profiles => ({
  store: async (document) => {
    const hash = createHash('sha256').update(document).digest();
    await database.execute(
      'INSERT INTO profile (hash, document) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING',
      [hash, document],
    );
    return bytesToHex(hash);
  },
  find: async (hash) => {
    const [row] = await database.query<{ document: string }>('SELECT document FROM profile WHERE hash = $1', [
      hexToBytes(hash),
    ]);
    return row?.document;
  },
});
