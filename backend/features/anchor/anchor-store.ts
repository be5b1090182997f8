import { CID } from 'multiformats/cid';
import { bytesToHex } from 'viem';

import type { Database } from '../../adapters/postgres/database.ts';
import type { PublishedHead } from '../log/types.ts';
import type { Anchor, AnchorStatus, ChainAnchor } from './types.ts';

type AnchorRow = {
  id: bigint;
  epoch: bigint;
  size: bigint;
  root: Uint8Array;
  checkpoint: string;
  from_index: bigint;
  manifest: Uint8Array | null;
  status: AnchorStatus;
  attempt: number;
};

const COLUMNS = 'id, epoch, size, root, checkpoint, from_index, manifest, status, attempt';

const toAnchor = (row: AnchorRow): Anchor => ({
  id: row.id,
  epoch: row.epoch,
  size: row.size,
  root: bytesToHex(row.root),
  checkpoint: row.checkpoint,
  fromIndex: row.from_index,
  manifest: row.manifest === null ? undefined : CID.decode(row.manifest),
  status: row.status,
  attempt: row.attempt,
});

/** A row of `chain_anchor`. */
export type EventRow = {
  epoch: bigint;
  size: bigint;
  root: Uint8Array;
  manifest: Uint8Array;
  block_number: bigint;
  block_hash: Uint8Array;
  block_time: bigint;
  transaction_hash: Uint8Array;
  transaction_index: number;
  log_index: number;
};

/** The columns of {@link EventRow}. */
export const EVENT_COLUMNS = `epoch, size, root, manifest, block_number, block_hash, block_time, transaction_hash,
  transaction_index, log_index`;

export const toEvent = (row: EventRow): ChainAnchor => ({
  epoch: row.epoch,
  size: row.size,
  root: bytesToHex(row.root),
  manifest: bytesToHex(row.manifest),
  blockNumber: row.block_number,
  blockHash: bytesToHex(row.block_hash),
  blockTime: row.block_time,
  transactionHash: bytesToHex(row.transaction_hash),
  transactionIndex: row.transaction_index,
  logIndex: row.log_index,
});

/** Anchors that a reorganisation may still undo are among the newest this many. */
const REORGANISATION_REACH = 64;

/** The worker's access to the `anchor` table and to the events the follower found. */
export type AnchorStore = ReturnType<typeof createAnchorStore>;

/** Creates the access. Every change names the status it starts from, so a stale worker changes nothing. */
export const createAnchorStore = (database: Database) => {
  const one = async (
    sql: string,
    values: readonly (bigint | number | string)[],
  ): Promise<Anchor | undefined> => {
    const [row] = await database.query<AnchorRow>(sql, values);
    return row === undefined ? undefined : toAnchor(row);
  };

  return {
    /** The unfinished anchor of the smallest size: the only one worked on. */
    unfinished: (epoch: bigint) =>
      one(
        `SELECT ${COLUMNS} FROM anchor WHERE epoch = $1 AND status IN ('chosen', 'pinned', 'submitted')
         ORDER BY size LIMIT 1`,
        [epoch],
      ),
    /** Anchors on chain whose evidence is missing, of this epoch and those before, the oldest first. */
    unarchived: async (epoch: bigint): Promise<readonly Anchor[]> => {
      const rows = await database.query<AnchorRow>(
        `SELECT ${COLUMNS} FROM anchor WHERE epoch <= $1 AND status = 'confirmed' ORDER BY epoch, size`,
        [epoch],
      );
      return rows.map(toAnchor);
    },
    /** The last anchor whose manifest the next one links to, of this epoch or the one before: only ours are in this table. */
    last: (epoch: bigint) =>
      one(
        `SELECT ${COLUMNS} FROM anchor WHERE epoch <= $1 AND status IN ('confirmed', 'archived', 'unprovable')
         ORDER BY epoch DESC, size DESC LIMIT 1`,
        [epoch],
      ),
    /** Milliseconds since the last anchor was chosen; `undefined` before the first. */
    sinceLastMs: async (epoch: bigint): Promise<number | undefined> => {
      const [row] = await database.query<{ age_ms: number | null }>(
        `SELECT (extract(epoch FROM now() - max(chosen_at)) * 1000)::float8 AS age_ms FROM anchor WHERE epoch = $1`,
        [epoch],
      );
      return row?.age_ms ?? undefined;
    },
    choose: async (head: PublishedHead, fromIndex: bigint): Promise<void> => {
      await database.execute(
        `INSERT INTO anchor (epoch, size, root, term, checkpoint, from_index) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (epoch, size) DO NOTHING`,
        [head.epoch, head.size, head.root, head.term, head.checkpoint, fromIndex],
      );
    },
    /** Anchors of epochs that are over have landed, or never will. */
    settleEarlier: async (epoch: bigint): Promise<void> => {
      await database.execute(
        `UPDATE anchor a SET status = CASE WHEN a.manifest IS NOT NULL AND EXISTS (
             SELECT FROM chain_anchor c WHERE c.epoch = a.epoch AND c.size = a.size AND c.root = a.root)
           THEN 'confirmed' ELSE 'superseded' END
         WHERE epoch < $1 AND status IN ('chosen', 'pinned', 'submitted')`,
        [epoch],
      );
    },
    setManifest: async (id: bigint, manifest: CID): Promise<void> => {
      await database.execute(
        `UPDATE anchor SET manifest = $2, status = 'pinned' WHERE id = $1 AND status = 'chosen'`,
        [id, manifest.bytes],
      );
    },
    move: async (id: bigint, from: AnchorStatus, to: AnchorStatus): Promise<void> => {
      await database.execute('UPDATE anchor SET status = $3 WHERE id = $1 AND status = $2', [id, from, to]);
    },
    retry: async (id: bigint): Promise<void> => {
      await database.execute(
        `UPDATE anchor SET status = 'pinned', attempt = attempt + 1 WHERE id = $1 AND status = 'submitted'`,
        [id],
      );
    },
    /** The event of a size. This and what follows tell of anchors only that our own tree was found to have. */
    event: async (epoch: bigint, size: bigint): Promise<ChainAnchor | undefined> => {
      const [row] = await database.query<EventRow>(
        `SELECT ${EVENT_COLUMNS} FROM chain_anchor WHERE epoch = $1 AND size = $2 AND standing = 'ours'`,
        [epoch, size],
      );
      return row === undefined ? undefined : toEvent(row);
    },
    /** The newest event: what the chain holds as far as it was followed. */
    newestEvent: async (epoch: bigint): Promise<ChainAnchor | undefined> => {
      const [row] = await database.query<EventRow>(
        `SELECT ${EVENT_COLUMNS} FROM chain_anchor WHERE epoch = $1 AND standing = 'ours' ORDER BY size DESC LIMIT 1`,
        [epoch],
      );
      return row === undefined ? undefined : toEvent(row);
    },
    /** The first event that covers an index, of whichever epoch. */
    coveringEvent: async (index: bigint): Promise<ChainAnchor | undefined> => {
      const [row] = await database.query<EventRow>(
        `SELECT ${EVENT_COLUMNS} FROM chain_anchor WHERE size > $1 AND standing = 'ours' ORDER BY size, epoch LIMIT 1`,
        [index],
      );
      return row === undefined ? undefined : toEvent(row);
    },
    /** Events of any epoch that cover an index and were made in time, oldest first. @param deadline Unix seconds */
    coveringEvents: async (index: bigint, deadline: bigint): Promise<readonly ChainAnchor[]> => {
      const rows = await database.query<EventRow>(
        `SELECT ${EVENT_COLUMNS} FROM chain_anchor WHERE size > $1 AND block_time <= $2 AND standing = 'ours'
         ORDER BY block_number, log_index`,
        [index, deadline],
      );
      return rows.map(toEvent);
    },
    /** Anchors newest first, for people. */
    list: async (below: bigint | undefined, limit: number) => {
      const rows = await database.query<
        AnchorRow & {
          chosen_at: Date;
          block_number: bigint | null;
          block_hash: Uint8Array | null;
          block_time: bigint | null;
          transaction_hash: Uint8Array | null;
        }
      >(
        `SELECT a.id, a.epoch, a.size, a.root, a.checkpoint, a.from_index, a.manifest, a.status, a.attempt, a.chosen_at,
           c.block_number, c.block_hash, c.block_time, c.transaction_hash
         FROM anchor a LEFT JOIN chain_anchor c ON c.epoch = a.epoch AND c.size = a.size AND c.root = a.root
         WHERE $1::bigint IS NULL OR a.id < $1 ORDER BY a.id DESC LIMIT $2`,
        [below ?? null, limit],
      );
      return rows.map((row) => ({
        ...toAnchor(row),
        chosenAt: row.chosen_at,
        block:
          row.block_number === null || row.block_hash === null || row.block_time === null
            ? undefined
            : { number: row.block_number, hash: bytesToHex(row.block_hash), time: row.block_time },
        transactionHash: row.transaction_hash === null ? undefined : bytesToHex(row.transaction_hash),
      }));
    },
    unarchivedCount: async (): Promise<number> => {
      const [row] = await database.query<{ count: bigint }>(
        `SELECT count(*) AS count FROM anchor WHERE status = 'confirmed'`,
      );
      return Number(row?.count ?? 0n);
    },
    /**
     * Takes back what a reorganisation undid: an anchor without its event is submitted again, one
     * whose event moved to another block loses its evidence. `followed` is the follower's head; a
     * block above it is not judged.
     *
     * @returns how many anchors changed
     */
    reopenReplaced: async (followed: bigint): Promise<number> =>
      database.transaction(async (tx) => {
        const replaced = await tx.query<{ id: bigint; landed: boolean }>(
          `SELECT a.id, c.size IS NOT NULL AS landed
           FROM (SELECT * FROM anchor ORDER BY id DESC LIMIT ${REORGANISATION_REACH}) a
           LEFT JOIN anchor_evidence e ON e.anchor_id = a.id
           LEFT JOIN chain_anchor c ON c.epoch = a.epoch AND c.size = a.size AND c.root = a.root
           WHERE (a.status = 'confirmed' AND c.size IS NULL)
              OR (a.status = 'archived' AND e.block_number <= $1 AND c.block_hash IS DISTINCT FROM e.block_hash)`,
          [followed],
        );
        for (const { id, landed } of replaced) {
          await tx.execute('DELETE FROM anchor_evidence WHERE anchor_id = $1', [id]);
          await tx.execute('UPDATE anchor SET status = $2 WHERE id = $1', [
            id,
            landed ? 'confirmed' : 'submitted',
          ]);
        }
        return replaced.length;
      }),
  };
};
