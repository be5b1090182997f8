import {
  equal,
  fromBase64,
  TILE_HEIGHT,
  TILE_WIDTH,
  tilePath,
  toBase64,
  type Node,
} from '@gridseal/protocol';
import type { Finding } from './findings.ts';
import type { AuditSource } from './source.ts';

const HASH_LENGTH = 32;
const BITS = BigInt(TILE_HEIGHT);
const LAST = BigInt(TILE_WIDTH - 1);

/** A tile that the entries give, to be held against the one that is served. */
type OwnTile = { readonly level: number; readonly index: bigint; readonly hashes: Uint8Array };

/** Fills the tiles of a log from the hashes of its tree, and compares them with those that the log shows. */
export class Tiles {
  /** The tile under way of each level. */
  readonly #levels: { index: bigint; width: number; readonly hashes: Uint8Array }[] = [];
  #full: OwnTile[] = [];

  /** Takes a node of the tree; those between tile levels are in no tile. */
  take({ level, index }: Node, hash: Uint8Array): void {
    if (level % TILE_HEIGHT !== 0) return;
    const height = level / TILE_HEIGHT;
    const tile = (this.#levels[height] ??= {
      index: 0n,
      width: 0,
      hashes: new Uint8Array(HASH_LENGTH * TILE_WIDTH),
    });
    tile.width = Number(index & LAST) + 1;
    if (tile.width === 1) tile.index = index >> BITS;
    tile.hashes.set(hash, HASH_LENGTH * (tile.width - 1));
    if (tile.width === TILE_WIDTH)
      this.#full.push({ level: height, index: tile.index, hashes: tile.hashes.slice() });
  }

  /** Takes a full tile of leaves. */
  takeFull(index: bigint, hashes: Uint8Array): void {
    this.#levels[0] = { index, width: TILE_WIDTH, hashes: new Uint8Array(HASH_LENGTH * TILE_WIDTH) };
    this.#full.push({ level: 0, index, hashes });
  }

  /** Compares the tiles that were filled since the last call. */
  async compareFull(source: AuditSource, report: (finding: Finding) => void): Promise<void> {
    const full = this.#full;
    this.#full = [];
    await Promise.all(full.map((tile) => compare(tile, source, report)));
  }

  /** Compares the right edge of the log. */
  async compareEdge(source: AuditSource, report: (finding: Finding) => void): Promise<void> {
    const edge = this.#levels.flatMap(({ index, width, hashes }, level) =>
      width === TILE_WIDTH ? [] : [{ level, index, hashes: hashes.subarray(0, HASH_LENGTH * width) }],
    );
    await Promise.all(edge.map((tile) => compare(tile, source, report)));
  }

  /** The tiles under way, as JSON, for {@link Tiles.from}. */
  snapshot(): TilesSnapshot {
    return this.#levels.map(({ index, width, hashes }) => [
      String(index),
      toBase64(hashes.subarray(0, HASH_LENGTH * width)),
    ]);
  }

  static from(snapshot: TilesSnapshot): Tiles {
    const tiles = new Tiles();
    for (const [index, text] of snapshot) {
      const kept = fromBase64(text) ?? new Uint8Array(0);
      const hashes = new Uint8Array(HASH_LENGTH * TILE_WIDTH);
      hashes.set(kept);
      tiles.#levels.push({ index: BigInt(index), width: kept.length / HASH_LENGTH, hashes });
    }
    return tiles;
  }
}

/** Index and hashes (base64) of the tile under way of each level. */
export type TilesSnapshot = readonly (readonly [index: string, hashes: string])[];

const compare = async (
  { level, index, hashes }: OwnTile,
  source: AuditSource,
  report: (finding: Finding) => void,
): Promise<void> => {
  const width = hashes.length / HASH_LENGTH;
  const served = await source.tile(level, index, width);
  if (equal(served, hashes)) return;
  const at = hashes.findIndex((byte, i) => served[i] !== byte);
  const detail =
    served.length === hashes.length
      ? `hash ${Math.floor(at / HASH_LENGTH)} is not what the entries give`
      : `${served.length} bytes, and ${hashes.length} are expected`;
  report({ code: 'tile-differs', where: tilePath({ level, index, width }), detail });
};
