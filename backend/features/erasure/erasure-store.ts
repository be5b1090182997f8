import type { Database, Queryable } from '../../adapters/postgres/database.ts';
import type { ErasureState } from './types.ts';

/** An erasure that waits for its key to be destroyed. */
export type WaitingErasure = {
  readonly digest: Uint8Array;
  readonly keyCommitment: Uint8Array;
  readonly reason: string;
};

/** Erasures that are done together: all of a period whose keys one key wraps. */
export type ErasureGroup = {
  readonly period: string;
  /** The key to be destroyed; undefined until that is decided. */
  readonly retired: string | undefined;
  readonly erasures: readonly WaitingErasure[];
};

/** A flush as the tables hold it. */
export type FlushedBlock = {
  readonly id: bigint;
  readonly entryEnds: readonly number[];
  readonly entries: Uint8Array;
  readonly digests: Uint8Array;
  readonly payloadEnds: readonly number[] | null;
  readonly payloads: Uint8Array | null;
};

type ErasureRow = {
  digest: Uint8Array;
  reason: string;
  erased_ms: number | null;
  log_index: bigint | null;
};

type WaitingRow = { digest: Uint8Array; key_commitment: Uint8Array; reason: string };

const BLOCKS_PER_READ = 16;

/** Access to the tables of erasures. */
export type ErasureStore = ReturnType<typeof createErasureStore>;

/** Creates the access. */
export const createErasureStore = (database: Database) => {
  const readBlocks = (period: string, after: bigint) =>
    database.query<{
      id: bigint;
      entry_ends: number[];
      entries: Uint8Array;
      digests: Uint8Array;
      payload_ends: number[] | null;
      payloads: Uint8Array | null;
    }>(
      `SELECT s.id, s.entry_ends, s.entries, s.digests, p.payload_ends, p.payloads
       FROM statement_block s LEFT JOIN payload_block p ON p.id = s.id
       WHERE s.id > $2 AND (EXISTS (SELECT 1 FROM period_block b WHERE b.period = $1 AND b.block = s.id)
         OR NOT EXISTS (SELECT 1 FROM period_block b WHERE b.block = s.id))
       ORDER BY s.id LIMIT ${BLOCKS_PER_READ}`,
      [period, after],
    );

  return {
    find: async (digest: Uint8Array): Promise<ErasureState | undefined> => {
      const [row] = await database.query<ErasureRow>(
        `SELECT e.digest, e.reason, (extract(epoch FROM e.erased_at) * 1000)::float8 AS erased_ms, i.log_index
         FROM erasure e LEFT JOIN operator_intent i ON i.reference = 'erasure:0x' || encode(e.digest, 'hex')
         WHERE e.digest = $1`,
        [digest],
      );
      if (row === undefined) return undefined;
      const { reason, erased_ms, log_index } = row;
      return { digest, reason, erasedMs: erased_ms ?? undefined, index: log_index ?? undefined };
    },
    ask: async (asked: WaitingErasure & { readonly period: string }): Promise<void> => {
      await database.execute(
        `INSERT INTO erasure (digest, period, key_commitment, reason) VALUES ($1, $2, $3, $4)
         ON CONFLICT (digest) DO NOTHING`,
        [asked.digest, asked.period, asked.keyCommitment, asked.reason],
      );
    },
    /** What is to be done next; what was begun comes first. */
    next: async (): Promise<ErasureGroup | undefined> => {
      const [first] = await database.query<{ period: string; retired: string | null }>(
        'SELECT period, retired FROM erasure WHERE erased_at IS NULL ORDER BY retired IS NULL, asked_at LIMIT 1',
      );
      if (first === undefined) return undefined;
      const rows = await database.query<WaitingRow>(
        `SELECT digest, key_commitment, reason FROM erasure
         WHERE erased_at IS NULL AND period = $1 AND retired IS NOT DISTINCT FROM $2 ORDER BY digest`,
        [first.period, first.retired],
      );
      const erasures = rows.map(({ digest, key_commitment, reason }) => ({
        digest,
        keyCommitment: key_commitment,
        reason,
      }));
      return { period: first.period, retired: first.retired ?? undefined, erasures };
    },
    retire: async ({ period, erasures }: ErasureGroup, retired: string): Promise<void> => {
      await database.execute(
        `UPDATE erasure SET retired = $2 WHERE period = $1 AND erased_at IS NULL AND retired IS NULL
           AND digest = ANY ($3::bytea[])`,
        [period, retired, erasures.map(({ digest }) => `\\x${Buffer.from(digest).toString('hex')}`)],
      );
    },
    /** Waits for every flush that is under way with the period's key; later ones are refused. */
    closePeriod: async (period: string): Promise<void> => {
      await database.execute('UPDATE period_key SET closed = true WHERE period = $1', [period]);
    },
    /** Digests of all batches of a period that are never to be opened again, in hex. */
    erasedOf: async (period: string): Promise<Set<string>> => {
      const rows = await database.query<{ digest: string }>(
        "SELECT encode(digest, 'hex') AS digest FROM erasure WHERE period = $1 OR period = ''",
        [period],
      );
      return new Set(rows.map(({ digest }) => digest));
    },
    /** Flushes that hold batches of the period, and those of which it is not known. */
    blocksOf: async function* (period: string): AsyncGenerator<FlushedBlock> {
      for (let after = -1n; ;) {
        const rows = await readBlocks(period, after);
        for (const { id, entry_ends, entries, digests, payload_ends, payloads } of rows)
          yield { id, entryEnds: entry_ends, entries, digests, payloadEnds: payload_ends, payloads };
        const last = rows.at(-1);
        if (last === undefined) return;
        after = last.id;
      }
    },
    finish: (
      { erasures }: ErasureGroup,
      state: (tx: Queryable, erasure: WaitingErasure) => Promise<void>,
    ): Promise<void> =>
      database.transaction(async (tx) => {
        for (const erasure of erasures) {
          await tx.execute('UPDATE erasure SET erased_at = now() WHERE digest = $1', [erasure.digest]);
          await state(tx, erasure);
        }
      }),
  };
};
