import { createHash } from 'node:crypto';
import { fromHex, fromUtf8, type Hex } from '@gridseal/protocol';
import type { CID } from 'multiformats/cid';
import { hexToBytes } from 'viem';

import type { Database } from '../../../adapters/postgres/database.ts';
import { cborCid, linkList } from '../../../content/blocks.ts';
import { readVerified, type ReadBlock } from '../../../content/dag.ts';
import type { ContentStore } from '../../payloads/types.ts';
import type { LogRestorer } from '../../sequencer/restorer.ts';
import { readEvidence } from '../archive/evidence-block.ts';
import type { EvidenceStore } from '../archive/evidence-store.ts';
import type { Manifest } from '../manifest.ts';
import { RestoreError } from './errors.ts';
import { entriesOf, promisesFrom, readManifest, type AnchoredState } from './manifests.ts';
import { findPayloads } from './payloads.ts';

/** An anchor to restore, with the block that holds it. */
export type AnchorToRestore = AnchoredState & { readonly blockHash: Hex };

/** What a restoration came to. */
export type RestoreReport = {
  readonly size: bigint;
  readonly anchors: number;
  /** Payload blocks that the content store has, and those it does not. */
  readonly payloads: { readonly found: number; readonly missing: number };
  /** Payload blocks by the period whose key opens them. */
  readonly periods: ReadonlyMap<string, number>;
};

/**
 * Rebuilds the database of a log from its chain and its content store alone, anchor by anchor. One that was interrupted goes on
 * with the anchor it had come to.
 *
 * @param anchors the log's own, oldest first, each with the manifest that the log made of it
 * @param onProgress told after each anchor
 * @throws RestoreError; SequencerError when entries do not lead to an anchored root; BlockError, ManifestError
 */
export const restoreLog = async (options: {
  readonly database: Database;
  readonly store: ContentStore;
  readonly archive: EvidenceStore;
  readonly log: LogRestorer;
  readonly logId: Uint8Array;
  readonly anchors: readonly AnchorToRestore[];
  readonly onProgress: (progress: { readonly size: bigint; readonly target: bigint }) => void;
}): Promise<RestoreReport> => {
  const { database, store, archive, log, logId, anchors, onProgress } = options;
  const newest = anchors.at(-1);
  if (newest === undefined)
    throw new RestoreError('nothing-anchored', 'the chain holds no anchor of this log');
  const read: ReadBlock = (cid) => store.get(cid);
  await begin(database, logId, newest.size);

  const periods = new Map<string, number>();
  const payloads = { found: 0, missing: 0 };
  let previous: { readonly anchor: AnchorToRestore; readonly id: bigint } | undefined;
  for (const anchor of anchors) {
    const manifest = await readManifest(read, logId, anchor);
    const reached = await log.size();
    if (reached < anchor.size) {
      await log.append({
        epoch: anchor.epoch,
        size: anchor.size,
        root: fromHex(anchor.root),
        checkpoint: manifest.checkpoint,
        entries: entriesOf(read, manifest, reached),
        promises: promisesFrom(manifest, reached),
      });
    }
    const found = await findPayloads(read, manifest.payloads);
    payloads.found += found.count - found.missing;
    payloads.missing += found.missing;
    for (const [period, count] of found.periods) periods.set(period, (periods.get(period) ?? 0) + count);
    await restoreSegment(database, store, { ...manifest, from: previous?.anchor.size ?? 0n }, found);
    await restoreProfiles(database, read, manifest.profiles);
    const id = await restoreAnchor(database, anchor, manifest);
    if (previous !== undefined && manifest.evidence !== null)
      await restoreEvidence(read, archive, database, manifest.evidence, previous);
    previous = { anchor, id };
    onProgress({ size: anchor.size, target: newest.size });
  }
  await database.execute('UPDATE restoration SET finished = true');
  await database.execute('ANALYZE');
  return { size: newest.size, anchors: anchors.length, payloads, periods };
};

/** An empty database, or one that was being restored to the same log. */
const begin = async (database: Database, logId: Uint8Array, target: bigint): Promise<void> => {
  const [state] = await database.query<{ log_id: Uint8Array | null; held: boolean }>(
    `SELECT (SELECT log_id FROM restoration) AS log_id,
       EXISTS (SELECT FROM log_head) OR EXISTS (SELECT FROM statement_block) AS held`,
  );
  if (state?.log_id === null && state.held)
    throw new RestoreError(
      'database-not-empty',
      'the database holds a log that was not restored: take an empty one',
    );
  if (state !== undefined && state.log_id !== null && Buffer.compare(state.log_id, logId) !== 0)
    throw new RestoreError('database-not-empty', 'the database is being restored to another log');
  await database.execute(
    `INSERT INTO restoration (log_id, target) VALUES ($1, $2)
     ON CONFLICT (singleton) DO UPDATE SET target = excluded.target, finished = false`,
    [logId, target],
  );
};

/** The range of an anchor as one segment: all its payloads are in the content store already. */
const restoreSegment = async (
  database: Database,
  store: ContentStore,
  { from, size, payloads }: Manifest,
  { count, bytes }: { readonly count: number; readonly bytes: number },
): Promise<void> => {
  // A new epoch may have anchored again what was anchored before.
  if (from >= size) return;
  let root = payloads;
  if (root === null) {
    const empty = await linkList([]);
    for (const block of empty.blocks) await store.putPinned(block.cid, block.bytes);
    root = empty.root;
  }
  await database.execute(
    `INSERT INTO segment (from_index, to_index, root, payload_count, payload_bytes)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [from, size, root.bytes, count, bytes],
  );
};

const restoreProfiles = async (
  database: Database,
  read: ReadBlock,
  profiles: readonly CID[],
): Promise<void> => {
  for (const cid of profiles) {
    const bytes = await readVerified(read, cid);
    if (bytes === undefined) continue;
    await database.execute('INSERT INTO profile (hash, document) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      createHash('sha256').update(bytes).digest(),
      fromUtf8(bytes, 'profile'),
    ]);
  }
};

/** The row of an anchor that the chain holds; its evidence comes with the next manifest, or from the chain later. */
const restoreAnchor = async (
  database: Database,
  { epoch, size, root, manifest: hash }: AnchorToRestore,
  manifest: Manifest,
): Promise<bigint> => {
  await database.execute(
    `INSERT INTO anchor (epoch, size, root, term, checkpoint, from_index, manifest, status)
     VALUES ($1, $2, $3, 1, $4, $5, $6, 'confirmed') ON CONFLICT (epoch, size) DO NOTHING`,
    [epoch, size, hexToBytes(root), manifest.checkpoint, manifest.from, cborCid(fromHex(hash)).bytes],
  );
  const [row] = await database.query<{ id: bigint }>('SELECT id FROM anchor WHERE epoch = $1 AND size = $2', [
    epoch,
    size,
  ]);
  if (row === undefined)
    throw new RestoreError('database-not-empty', `the anchor of size ${size} was not taken`);
  return row.id;
};

/** Evidence of another block than the chain holds was archived before a reorganisation: it is collected again. */
const restoreEvidence = async (
  read: ReadBlock,
  archive: EvidenceStore,
  database: Database,
  cid: CID,
  { anchor, id }: { readonly anchor: AnchorToRestore; readonly id: bigint },
): Promise<void> => {
  const stored = await readEvidence((one) => readVerified(read, one), cid);
  if (stored.size !== anchor.size || stored.evidence.blockHash !== anchor.blockHash) return;
  await archive.store({ ...stored.evidence, anchorId: id }, stored.coversFrom, stored.keyRecords);
  await database.execute(`UPDATE anchor SET status = 'archived' WHERE id = $1 AND status = 'confirmed'`, [
    id,
  ]);
};
