import { concat, concatAll } from '@gridseal/protocol/bytes';
import { foldPerfect, foldRange } from '@gridseal/protocol/merkle/build';
import type { Primitives } from '@gridseal/protocol/primitives';
import { TILE_HEIGHT, TILE_WIDTH } from '@gridseal/protocol/tlog/tile';

const HASH = 32;
const FULL = TILE_WIDTH * HASH;

/** The partial tile of each level, lowest first: hashes end to end. A level may be empty. */
export type RightEdge = { readonly size: bigint; readonly levels: readonly Uint8Array[] };

/** A tile that became full. */
export type FullTile = { readonly level: number; readonly number: bigint; readonly hashes: Uint8Array };

/** The edge of the log without leaves. */
export const EMPTY_EDGE: RightEdge = { size: 0n, levels: [] };

/**
 * Appends leaf hashes.
 *
 * @param leaves n × 32 bytes
 * @returns the new edge and the tiles that became full, lowest level first
 */
export const appendLeaves = (
  edge: RightEdge,
  leaves: Uint8Array,
  primitives: Primitives,
): { readonly edge: RightEdge; readonly tiles: readonly FullTile[] } => {
  const levels: Uint8Array[] = [];
  const tiles: FullTile[] = [];
  let added = leaves;
  for (let level = 0; level < edge.levels.length || added.length > 0; level += 1) {
    const hashes = concat(edge.levels[level] ?? new Uint8Array(0), added);
    let number = (edge.size >> BigInt(TILE_HEIGHT * level)) / BigInt(TILE_WIDTH);
    const roots: Uint8Array[] = [];
    let at = 0;
    for (; at + FULL <= hashes.length; at += FULL, number += 1n) {
      const full = hashes.slice(at, at + FULL);
      tiles.push({ level, number, hashes: full });
      roots.push(foldPerfect(full, primitives));
    }
    levels.push(hashes.slice(at));
    added = concatAll(roots);
  }
  return { edge: { size: edge.size + BigInt(leaves.length / HASH), levels }, tiles };
};

/** RFC 6962 root of the whole log, from its right edge alone. */
export const rootOfEdge = (edge: RightEdge, primitives: Primitives): Uint8Array => {
  const subtrees: Uint8Array[] = [];
  for (const hashes of edge.levels.toReversed()) {
    const width = hashes.length / HASH;
    let start = 0;
    for (let bit = TILE_WIDTH / 2; bit >= 1; bit /= 2) {
      if ((width & bit) === 0) continue;
      subtrees.push(foldPerfect(hashes.subarray(start * HASH, (start + bit) * HASH), primitives));
      start += bit;
    }
  }
  return foldRange(subtrees, primitives);
};

/** Whether each level holds as many hashes as the size asks for. */
export const hasWidthsOf = ({ size, levels }: RightEdge): boolean => {
  const expected: number[] = [];
  for (let rest = size; rest > 0n; rest >>= BigInt(TILE_HEIGHT))
    expected.push(Number(rest % BigInt(TILE_WIDTH)));
  return (
    levels.every((hashes, level) => hashes.length === HASH * (expected[level] ?? 0)) &&
    levels.length >= expected.length
  );
};
