import type { Queryable } from '../../adapters/postgres/database.ts';

/** Hands out block ids that no other process has, with their partitions in place. */
export type BlockIds = { readonly next: () => Promise<bigint> };

/** As `block_id` increments. */
const RESERVED = 64n;

/**
 * Block ids, 64 reserved at a time. Ids left over when the process ends are never used.
 *
 * @example const id = await createBlockIds(database).next()
 */
export const createBlockIds = (database: Queryable): BlockIds => {
  let next = 0n;
  let end = 0n;
  return {
    next: async () => {
      if (next === end) {
        const [row] = await database.query<{ id: bigint }>("SELECT nextval('block_id') AS id");
        if (row === undefined) throw new Error('a sequence gave no value');
        await database.query('SELECT ensure_block_partitions($1)', [row.id + RESERVED]);
        next = row.id;
        end = row.id + RESERVED;
      }
      return next++;
    },
  };
};
