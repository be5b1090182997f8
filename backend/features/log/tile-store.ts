import { foldPerfect, foldRange, type Node, type NodeRange } from '@gridseal/protocol/merkle/build';
import type { Primitives } from '@gridseal/protocol/primitives';
import { spanOf, TILE_HEIGHT, TILE_WIDTH } from '@gridseal/protocol/tlog/tile';
import type { Queryable } from '../../adapters/postgres/database.ts';

const HASH = 32;

/** Names a tile, whatever its width. */
export type TileName = { readonly level: number; readonly number: bigint };

const nameOf = ({ level, number }: TileName): string => `${level}/${number}`;

/**
 * Reads tiles in one snapshot: full ones, and from the right edge what there is of the others.
 *
 * @returns hashes by `level/number`; tiles beyond the log are left out
 */
export const readTiles = async (
  database: Queryable,
  tiles: readonly TileName[],
): Promise<Map<string, Uint8Array>> => {
  const rows = await database.query<{ level: number; number: bigint; hashes: Uint8Array | null }>(
    `SELECT asked.level, asked.number, coalesce(t.hashes,
       CASE WHEN (h.size >> (${TILE_HEIGHT} * asked.level)) / ${TILE_WIDTH} = asked.number THEN e.hashes END) AS hashes
     FROM unnest($1::integer[], $2::bigint[]) AS asked (level, number)
     CROSS JOIN log_head h
     LEFT JOIN tile t ON t.level = asked.level AND t.number = asked.number
     LEFT JOIN edge_tile e ON e.level = asked.level`,
    [tiles.map(({ level }) => level), tiles.map(({ number }) => number)],
  );
  return new Map(
    rows.flatMap(({ level, number, hashes }) =>
      hashes === null ? [] : [[nameOf({ level, number }), hashes] as const],
    ),
  );
};

/**
 * Hashes of ranges of the log, each folded to one, all from one snapshot.
 *
 * @param ranges within the log
 */
export const readRanges = async (
  database: Queryable,
  ranges: readonly NodeRange[],
  primitives: Primitives,
): Promise<Uint8Array[]> => {
  const wanted = new Map<string, TileName>();
  for (const node of ranges.flat()) {
    const { level, index } = spanOf(node);
    wanted.set(nameOf({ level, number: index }), { level, number: index });
  }
  const tiles =
    wanted.size === 0 ? new Map<string, Uint8Array>() : await readTiles(database, [...wanted.values()]);
  const hashOf = (node: Node): Uint8Array => {
    const { level, index, start, end } = spanOf(node);
    const hashes = tiles.get(nameOf({ level, number: index }));
    if (hashes === undefined || hashes.length < HASH * end)
      throw new Error(`tile ${level}/${index} of the log lacks hashes below ${end}`);
    return foldPerfect(hashes.subarray(HASH * start, HASH * end), primitives);
  };
  return ranges.map((range) => foldRange(range.map(hashOf), primitives));
};
