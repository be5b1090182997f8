import { hashLeaf } from '@gridseal/protocol/merkle/hash';
import type { Primitives } from '@gridseal/protocol/primitives';
import type { Database } from '../../adapters/postgres/database.ts';
import type { ReceiptIssuer } from '../ingest/types.ts';
import type { LogReader } from '../log/types.ts';
import type { Cosignatures } from '../witness/types.ts';
import type { AnchorCoverage, ReceiptStage, StagedReceipt } from './types.ts';

/** Staged receipts by digest. */
export type Receipts = { readonly find: (digest: Uint8Array) => Promise<StagedReceipt | undefined> };

/**
 * Creates the view of what became of each statement. Nothing is stored for it: every stage is read from where it happened.
 *
 * @example const staged = await createReceipts(options).find(digest); staged?.stage // 'anchored'
 */
export const createReceipts = (options: {
  readonly database: Pick<Database, 'query' | 'transaction'>;
  readonly log: LogReader;
  readonly issue: ReceiptIssuer;
  readonly anchors: AnchorCoverage;
  readonly cosignatures: Pick<Cosignatures, 'newest'>;
  readonly primitives: Primitives;
}): Receipts => {
  const { database, log, issue, anchors, cosignatures, primitives } = options;
  /** Whether a standby that takes over has it too: what is published is there, what is newer may be on one server alone. */
  const isSettled = (digest: Uint8Array): Promise<boolean> =>
    database.transaction(
      async (tx) => (await tx.query('SELECT FROM statement WHERE digest = $1', [digest])).length > 0,
      { reads: 'settled' },
    );

  return {
    find: async (digest) => {
      const [row] = await database.query<{ entry: Uint8Array; receipt_time_ms: bigint; deadline: bigint }>(
        `SELECT b.receipt_time_ms, b.deadline,
           substr(b.entries, coalesce(b.entry_ends[s.position], 0) + 1,
             b.entry_ends[s.position + 1] - coalesce(b.entry_ends[s.position], 0)) AS entry
         FROM statement s JOIN statement_block b ON b.id = s.block WHERE s.digest = $1`,
        [digest],
      );
      if (row === undefined) return undefined;
      const entryHash = hashLeaf(row.entry, primitives);
      const accepted = issue({
        digest,
        entryHash,
        receiptTimeMs: row.receipt_time_ms,
        deadline: row.deadline,
      });
      // The head before the place: an index that it covers is then surely below its size.
      const head = await log.head();
      const index = (await log.place(digest))?.index;
      const isCovered = index !== undefined && head !== undefined && index < head.size;
      if (!isCovered && !(await isSettled(digest))) return undefined;
      const sequenced = isCovered ? { index, checkpoint: head.checkpoint } : undefined;
      const anchored = sequenced === undefined ? undefined : await anchors.coverOf(sequenced.index);
      const newest = sequenced === undefined ? undefined : await cosignatures.newest();
      const isCosigned = newest !== undefined && sequenced !== undefined && sequenced.index < newest.size;
      const cosigned = isCosigned ? { checkpoint: newest.checkpoint } : undefined;
      return {
        digest,
        stage: stageOf({ sequenced, cosigned, anchored }),
        accepted,
        sequenced,
        cosigned,
        anchored,
      };
    },
  };
};

const stageOf = ({
  sequenced,
  cosigned,
  anchored,
}: Pick<StagedReceipt, 'sequenced' | 'cosigned' | 'anchored'>): ReceiptStage => {
  if (anchored !== undefined) return anchored.final ? 'final' : 'anchored';
  if (cosigned !== undefined) return 'cosigned';
  return sequenced === undefined ? 'accepted' : 'sequenced';
};
