import { decodeEntry } from '@gridseal/protocol';
import { CID } from 'multiformats/cid';

import type { Database } from '../../adapters/postgres/database.ts';
import type { LogReader } from '../log/types.ts';
import type { PayloadSource, PendingPayload } from './types.ts';

type BlockRow = {
  first_index: bigint;
  statements: number;
  entry_ends: number[];
  entries: Uint8Array;
  payload_ends: number[] | null;
  payloads: Uint8Array | null;
};

/** Flushes read at once: each may hold thousands of payloads. */
const BLOCKS_PER_READ = 16;

const slice = (bytes: Uint8Array, ends: readonly number[], position: number): Uint8Array =>
  bytes.subarray(position === 0 ? 0 : ends[position - 1], ends[position]);

/**
 * Creates the source over the tables that ingest writes: `payload_block` beside `statement_block`,
 * ordered by `sequenced_block`.
 */
export const createPostgresPayloadSource = (
  database: Database,
  log: Pick<LogReader, 'place'>,
): PayloadSource => {
  const readBlocks = (after: bigint, to: bigint) =>
    database.query<BlockRow>(
      `SELECT q.first_index, q.statements, s.entry_ends, s.entries, p.payload_ends, p.payloads
       FROM sequenced_block q JOIN statement_block s ON s.id = q.block LEFT JOIN payload_block p ON p.id = q.block
       WHERE q.first_index + q.statements > $1 AND q.first_index < $2 ORDER BY q.first_index LIMIT ${BLOCKS_PER_READ}`,
      [after, to],
    );

  const payloadsOf = function* (row: BlockRow, from: bigint, to: bigint): Generator<PendingPayload> {
    for (let position = 0; position < row.statements; position += 1) {
      const index = row.first_index + BigInt(position);
      if (index < from || index >= to) continue;
      const { payloadCid } = decodeEntry(slice(row.entries, row.entry_ends, position)).operatorPart;
      if (payloadCid.length === 0) continue;
      if (row.payload_ends === null || row.payloads === null) {
        throw new RangeError(`the payload of entry ${index} left PostgreSQL before it was stored`);
      }
      const bytes = slice(row.payloads, row.payload_ends, position);
      yield { index, cid: CID.decode(payloadCid), bytes };
    }
  };

  return {
    payloads: async function* (from, to) {
      let next = from;
      while (next < to) {
        const rows = await readBlocks(next, to);
        const last = rows.at(-1);
        if (last === undefined) throw new RangeError(`entry ${next} is not in the log`);
        for (const row of rows) yield* payloadsOf(row, from, to);
        next = last.first_index + BigInt(last.statements);
      }
    },
    payloadOf: async (digest) => {
      const place = await log.place(digest);
      if (place === undefined) return undefined;
      const [row] = await database.query<{ payload_ends: number[]; payloads: Uint8Array }>(
        'SELECT payload_ends, payloads FROM payload_block WHERE id = $1',
        [place.block],
      );
      const bytes = row === undefined ? undefined : slice(row.payloads, row.payload_ends, place.position);
      return bytes === undefined || bytes.length === 0 ? undefined : bytes;
    },
    release: (to) => releasePartitions(database, to),
  };
};

/**
 * Empties the partitions of which every payload is below `to`. They are truncated, not dropped: a
 * process may still hold block ids of their range, and its insert must find the partition. The check
 * runs under the lock that the truncation needs, so nothing can arrive in between.
 */
const releasePartitions = async (database: Database, to: bigint): Promise<void> => {
  const partitions = await database.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'payload_block'::regclass ORDER BY c.oid`,
  );
  for (const { name } of partitions.slice(0, -1)) {
    if (!/^payload_block_\d+$/.test(name)) throw new RangeError(`unexpected partition ${name}`);
    const [first] = await database.query<{ held: boolean }>(`SELECT EXISTS (SELECT 1 FROM ${name}) AS held`);
    if (first?.held !== true) continue;
    await database.transaction(async (tx) => {
      await tx.execute(`LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`);
      const [state] = await tx.query<{ wanted: boolean }>(
        `SELECT EXISTS (SELECT 1 FROM ${name} p LEFT JOIN sequenced_block q ON q.block = p.id
                        WHERE q.block IS NULL OR q.first_index + q.statements > $1) AS wanted`,
        [to],
      );
      if (state?.wanted === false) await tx.execute(`TRUNCATE ${name}`);
    });
  }
};
