import type { Node } from '../merkle/build.ts';
import { MAX_TREE_SIZE } from '../merkle/hash.ts';
import { TlogError } from './errors.ts';

/** Levels of the tree in a tile: a full tile has 256 hashes (C2SP tlog-tiles). */
export const TILE_HEIGHT = 8;
/** Hashes of a full tile; entries of a full bundle. */
export const TILE_WIDTH = 256;
const MAX_LEVEL = 63;

/** A tile of hashes, or (level `entries`) a bundle of entries. `width` below 256 makes it partial. */
export type Tile = { readonly level: number | 'entries'; readonly index: bigint; readonly width: number };

const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

/**
 * Path of a tile below the log's prefix: `tile/<level>/<index>[.p/<width>]`, the index in groups of three digits.
 *
 * @throws TlogError `TilePath`
 * @example tilePath({ level: 0, index: 1234067n, width: 256 }) // 'tile/0/x001/x234/067'
 */
export function tilePath({ level, index, width }: Tile): string {
  const known = level === 'entries' || isWithin(level, 0, MAX_LEVEL);
  if (!known || index < 0n || index >= MAX_TREE_SIZE || !isWithin(width, 1, TILE_WIDTH)) {
    throw new TlogError(
      'TilePath',
      'a level from 0 to 63, an index from 0 to 2⁶³ − 1 and a width from 1 to 256',
    );
  }
  const groups: string[] = [];
  let rest = index;
  do {
    groups.unshift(String(rest % 1000n).padStart(3, '0'));
    rest /= 1000n;
  } while (rest > 0n);
  const digits = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${digits}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

const TILE_PATH =
  /^tile\/(?<level>entries|\d{1,2})\/(?<groups>(?:x\d{3}\/){0,6}\d{3})(?:\.p\/(?<width>[1-9]\d{0,2}))?$/u;

/**
 * Parses a tile's path. A tile has one path: leading zero groups, `.p/256` and `tile/00/…` are refused.
 *
 * @throws TlogError `TilePath`
 * @example parseTilePath('tile/entries/x001/067.p/8') // { level: 'entries', index: 1067n, width: 8 }
 */
export function parseTilePath(path: string): Tile {
  const groups = TILE_PATH.exec(path)?.groups;
  if (groups === undefined) throw new TlogError('TilePath', 'tile/<level>/<index>[.p/<width>]');
  const { level = '', width } = groups;
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: BigInt((groups.groups ?? '').replace(/[x/]/gu, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  if (tilePath(tile) !== path) {
    throw new TlogError('TilePath', 'the one path of a tile');
  }
  return tile;
}

/**
 * How many hashes (or entries) a tile has in a log of `size` leaves: 256 where it is full, 0 where it is not there.
 *
 * @example widthAt(0, 273n, 70_000n) // 112: tile/0/273.p/112
 */
export function widthAt(level: number | 'entries', index: bigint, size: bigint): number {
  const shift = level === 'entries' ? 0n : BigInt(level * TILE_HEIGHT);
  const hashes = (size >> shift) - index * BigInt(TILE_WIDTH);
  if (hashes <= 0n) return 0;
  return hashes >= BigInt(TILE_WIDTH) ? TILE_WIDTH : Number(hashes);
}

/** Where the hash of a perfect subtree is found: hashes [start, end) of one tile, to be folded into one. */
export type TileSpan = {
  readonly level: number;
  readonly index: bigint;
  readonly start: number;
  readonly end: number;
};

/**
 * The part of a tile that a perfect subtree is computed from.
 *
 * @example spanOf({ level: 3, index: 0n }) // hashes 0 to 8 of tile 0/000
 */
export function spanOf({ level, index }: Node): TileSpan {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const within = level % TILE_HEIGHT;
  const first = index << BigInt(within);
  const start = Number(first % BigInt(TILE_WIDTH));
  return { level: tileLevel, index: first / BigInt(TILE_WIDTH), start, end: start + (1 << within) };
}
