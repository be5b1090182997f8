import { parseCheckpoint } from '@gridseal/protocol/tlog/checkpoint';
import { formatVerifierKey, parseNote } from '@gridseal/protocol/tlog/note';
import type { Database } from '../../adapters/postgres/database.ts';
import type { CosignedCheckpoint, Witness } from './types.ts';

/** What witnesses signed, in PostgreSQL. */
export type CosignatureStore = {
  /** Makes the witnesses known; one that was known keeps its size. */
  readonly know: (witnesses: readonly Witness[]) => Promise<void>;
  /** Verifier keys of every witness that was ever asked. */
  readonly keys: () => Promise<readonly string[]>;
  /** The size that a witness cosigned last, as far as we know. */
  readonly sizeOf: (witness: Witness) => Promise<bigint>;
  readonly setSize: (witness: Witness, size: bigint) => Promise<void>;
  /** Keeps a signature line and the size it is for, together. */
  readonly add: (
    witness: Witness,
    signed: { size: bigint; checkpoint: string; line: string },
  ) => Promise<void>;
  /** The largest size that `quorum` of the witnesses cosigned, and their lines. */
  readonly newest: (
    origin: string,
    witnesses: readonly Witness[],
    quorum: number,
  ) => Promise<CosignedCheckpoint | undefined>;
  /** Deletes what no anchor will need: sizes below the given one. */
  readonly forgetBelow: (origin: string, size: bigint) => Promise<void>;
  /** Puts a quorum in force, and says from which size on: one above `head` when it was not in force before. */
  readonly enforce: (quorum: number, head: bigint) => Promise<bigint>;
};

const nameOf = ({ key }: Witness): string => formatVerifierKey(key);

export const createCosignatureStore = (database: Database): CosignatureStore => ({
  know: async (witnesses) => {
    for (const witness of witnesses)
      await database.execute('INSERT INTO witness (key, size) VALUES ($1, 0) ON CONFLICT DO NOTHING', [
        nameOf(witness),
      ]);
  },
  keys: async () => {
    const rows = await database.query<{ key: string }>('SELECT key FROM witness ORDER BY key');
    return rows.map(({ key }) => key);
  },
  sizeOf: async (witness) => {
    const [row] = await database.query<{ size: bigint }>('SELECT size FROM witness WHERE key = $1', [
      nameOf(witness),
    ]);
    return row?.size ?? 0n;
  },
  setSize: async (witness, size) => {
    await database.execute('UPDATE witness SET size = $2 WHERE key = $1', [nameOf(witness), size]);
  },
  add: (witness, { size, checkpoint, line }) =>
    database.transaction(async (tx) => {
      const key = nameOf(witness);
      const { origin } = parseCheckpoint(parseNote(checkpoint).text);
      await tx.execute('UPDATE witness SET size = $2 WHERE key = $1', [key, size]);
      await tx.execute(
        `INSERT INTO cosignature (origin, size, key, checkpoint, line) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (origin, size, key) DO NOTHING`,
        [origin, size, key, checkpoint, line],
      );
    }),
  newest: async (origin, witnesses, quorum) => {
    const [row] = await database.query<{ size: bigint; checkpoint: string; lines: string[] }>(
      `SELECT size, min(checkpoint) AS checkpoint, array_agg(line ORDER BY key) AS lines FROM cosignature
       WHERE origin = $1 AND key = ANY ($2::text[]) GROUP BY size HAVING count(*) >= $3 ORDER BY size DESC LIMIT 1`,
      [origin, witnesses.map(nameOf), Math.max(1, quorum)],
    );
    if (row === undefined) return undefined;
    const { size, root } = parseCheckpoint(parseNote(row.checkpoint).text);
    return { size, root, checkpoint: row.checkpoint + row.lines.map((line) => `${line}\n`).join('') };
  },
  forgetBelow: async (origin, size) => {
    await database.execute('DELETE FROM cosignature WHERE origin = $1 AND size < $2', [origin, size]);
  },
  enforce: async (quorum, head) => {
    const from = quorum === 0 ? 0n : head + 1n;
    const [row] = await database.query<{ from_size: bigint }>(
      `INSERT INTO witness_quorum (quorum, from_size) VALUES ($1, $2)
       ON CONFLICT (singleton) DO UPDATE SET quorum = excluded.quorum,
         from_size = CASE WHEN witness_quorum.quorum = excluded.quorum THEN witness_quorum.from_size
                          ELSE excluded.from_size END
       RETURNING from_size`,
      [quorum, from],
    );
    return row?.from_size ?? from;
  },
});
