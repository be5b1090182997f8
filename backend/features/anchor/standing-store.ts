import { bytesToHex } from 'viem';

import type { Database } from '../../adapters/postgres/database.ts';
import { EVENT_COLUMNS, toEvent, type EventRow } from './anchor-store.ts';
import type { ChainAnchor } from './types.ts';

/** Bytes of a CID before its SHA-256. */
const CID_PREFIX = 4;
const LOOKED_AT = 64;

/** Whether our tree has the root of an anchor at its size. */
export type AnchorStanding = 'ours' | 'foreign';

/** An epoch as its first anchor begins it. */
export type EpochStart = { readonly epoch: bigint; readonly size: bigint; readonly root: `0x${string}` };

/** Sizes that were anchored in an epoch; `last` is null where none of them is ours. */
export type EpochSpan = { readonly epoch: bigint; readonly first: bigint; readonly last: bigint | null };

/** Creates the access to what the followed anchors of this log are to our own tree. */
export const createStandingStore = (database: Database) => ({
  /** Anchors that were followed and not yet compared, in chain order. */
  unjudged: async (): Promise<readonly ChainAnchor[]> => {
    const rows = await database.query<EventRow>(
      `SELECT ${EVENT_COLUMNS} FROM chain_anchor WHERE standing IS NULL ORDER BY block_number, log_index`,
    );
    return rows.map(toEvent);
  },
  /** A reorganisation may have put another anchor in the place of the one that was compared: that one is not judged by it. */
  judge: async ({ epoch, size, blockHash }: ChainAnchor, standing: AnchorStanding): Promise<void> => {
    await database.execute(
      `UPDATE chain_anchor SET standing = $4
       WHERE epoch = $1 AND size = $2 AND block_hash = $3 AND standing IS NULL`,
      [epoch, size, Buffer.from(blockHash.slice(2), 'hex'), standing],
    );
  },
  /** Forgets what was found foreign, so that it is compared again. */
  doubt: () => database.execute(`UPDATE chain_anchor SET standing = NULL WHERE standing = 'foreign'`),
  /** Takes note of anchors that a later epoch began below. */
  abandon: () =>
    database.execute(
      `UPDATE chain_anchor a SET standing = 'abandoned'
       WHERE standing = 'ours' AND EXISTS (
         SELECT FROM (SELECT epoch, min(size) AS size FROM chain_anchor GROUP BY epoch) later
         WHERE later.epoch > a.epoch AND later.size < a.size)`,
    ),
  /** The first anchor of an epoch that our tree does not have. */
  foreign: async (epoch: bigint): Promise<ChainAnchor | undefined> => {
    const [row] = await database.query<EventRow>(
      `SELECT ${EVENT_COLUMNS} FROM chain_anchor WHERE epoch = $1 AND standing = 'foreign'
       ORDER BY block_number, log_index LIMIT 1`,
      [epoch],
    );
    return row === undefined ? undefined : toEvent(row);
  },
  /** The newest state of ours that somebody else anchored, with a manifest that we did not make. */
  usurped: async (): Promise<ChainAnchor | undefined> => {
    const [row] = await database.query<EventRow>(
      `SELECT c.* FROM (SELECT * FROM anchor WHERE manifest IS NOT NULL ORDER BY id DESC LIMIT ${LOOKED_AT}) a
         JOIN chain_anchor c ON c.epoch = a.epoch AND c.size = a.size AND c.root = a.root
       WHERE substr(a.manifest, ${CID_PREFIX + 1}) <> c.manifest ORDER BY a.id DESC LIMIT 1`,
    );
    return row === undefined ? undefined : toEvent(row);
  },
  /** Every epoch that was followed, with its first size and the largest of it that is ours, in order. */
  epochs: (): Promise<readonly EpochSpan[]> =>
    database.query<EpochSpan>(
      `SELECT epoch, min(size) AS first, max(size) FILTER (WHERE standing IN ('ours', 'abandoned')) AS last
       FROM chain_anchor GROUP BY epoch ORDER BY epoch`,
    ),
  /** The newest epoch that was followed, undefined before the first anchor. */
  newestEpoch: async (): Promise<EpochStart | undefined> => {
    const [row] = await database.query<{ epoch: bigint; size: bigint; root: Uint8Array }>(
      'SELECT epoch, size, root FROM chain_anchor ORDER BY epoch DESC, size LIMIT 1',
    );
    return row === undefined ? undefined : { ...row, root: bytesToHex(row.root) };
  },
});
