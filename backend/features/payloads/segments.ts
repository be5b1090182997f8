import { CID } from 'multiformats/cid';

import type { Database } from '../../adapters/postgres/database.ts';
import type { Segment } from './types.ts';

type SegmentRow = {
  from_index: bigint;
  to_index: bigint;
  root: Uint8Array;
  payload_count: number;
  payload_bytes: bigint;
};

const COLUMNS = 'from_index, to_index, root, payload_count, payload_bytes';

const toSegment = (row: SegmentRow): Segment => ({
  fromIndex: row.from_index,
  toIndex: row.to_index,
  root: CID.decode(row.root),
  payloadCount: row.payload_count,
  payloadBytes: Number(row.payload_bytes),
});

/** The segments table: which part of the log has its payloads in the content store. */
export type Segments = {
  /** Index below which every payload is in the content store. */
  readonly storedBelow: () => Promise<bigint>;
  /** Records a verified segment. @returns false when another was recorded for its range meanwhile */
  readonly record: (segment: Segment) => Promise<boolean>;
  /** Segments from an index on, ascending. */
  readonly list: (from: bigint, limit: number) => Promise<Segment[]>;
  /** The segment that begins at an index. */
  readonly find: (fromIndex: bigint) => Promise<Segment | undefined>;
};

/** Creates the access to the segments table. */
export const createSegments = (database: Database): Segments => ({
  storedBelow: async () => {
    const [row] = await database.query<{ to_index: bigint | null }>(
      'SELECT max(to_index) AS to_index FROM segment',
    );
    return row?.to_index ?? 0n;
  },
  record: async (segment) => {
    const inserted = await database.execute(
      `INSERT INTO segment (${COLUMNS}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
      [segment.fromIndex, segment.toIndex, segment.root.bytes, segment.payloadCount, segment.payloadBytes],
    );
    return inserted === 1;
  },
  list: async (from, limit) => {
    const rows = await database.query<SegmentRow>(
      `SELECT ${COLUMNS} FROM segment WHERE to_index > $1 ORDER BY from_index LIMIT $2`,
      [from, limit],
    );
    return rows.map(toSegment);
  },
  find: async (fromIndex) => {
    const [row] = await database.query<SegmentRow>(`SELECT ${COLUMNS} FROM segment WHERE from_index = $1`, [
      fromIndex,
    ]);
    return row === undefined ? undefined : toSegment(row);
  },
});
