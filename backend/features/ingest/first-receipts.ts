import { hashLeaf } from '@gridseal/protocol/merkle/hash';
import type { Primitives } from '@gridseal/protocol/primitives';
import type { Database } from '../../adapters/postgres/database.ts';
import { acknowledgedBy } from './flush-store.ts';
import type { ReceiptsIssuer, SubmissionResult } from './types.ts';

/** What is answered to a statement that was taken before. */
export type FirstReceipt = Extract<SubmissionResult, { readonly status: 'accepted' | 'duplicate' }>;

/** Finds statements by digest; those never acknowledged are left out. */
export type FirstReceipts = (digests: readonly Uint8Array[]) => Promise<readonly FirstReceipt[]>;

/**
 * Creates what answers for statements that were taken before, with the receipts of then. That they are in the database does
 * not mean that they were acknowledged: a standby that takes over must have them as well.
 */
export const createFirstReceipts = (options: {
  readonly database: Pick<Database, 'transaction'>;
  readonly issue: ReceiptsIssuer;
  readonly primitives: Primitives;
}): FirstReceipts => {
  const { database, issue, primitives } = options;
  return async (digests) => {
    if (digests.length === 0) return [];
    const found = await database.transaction((tx) => acknowledgedBy(tx, digests), { reads: 'settled' });
    const receipts = await issue(
      found.map(({ entry, ...taken }) => ({ ...taken, entryHash: hashLeaf(entry, primitives) })),
    );
    return receipts.map((receipt, i) => ({ status: 'duplicate', digest: found[i]!.digest, receipt }));
  };
};
