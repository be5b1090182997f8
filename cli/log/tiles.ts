import {
  TILE_WIDTH,
  consistencyRanges,
  foldPerfect,
  foldRange,
  inclusionRanges,
  nodesOf,
  spanOf,
  tilePath,
  widthAt,
  type Node,
  type NodeRange,
} from '@gridseal/protocol';
import { readBody, type GridsealClient } from '@gridseal/sdk';

const HASH_LENGTH = 32;

/** Hashes of a served log, computed from its tiles alone. */
export type LogTiles = {
  readonly leafHash: (index: bigint) => Promise<Uint8Array>;
  readonly root: (size: bigint) => Promise<Uint8Array>;
  readonly inclusionPath: (index: bigint, size: bigint) => Promise<Uint8Array[]>;
  readonly consistencyPath: (size1: bigint, size2: bigint) => Promise<Uint8Array[]>;
};

/**
 * Reads a log over HTTP, each tile once.
 *
 * @param size of the checkpoint that the tiles belong to
 */
export const fetchLog = (client: GridsealClient, size: bigint): LogTiles => {
  const tiles = new Map<string, Promise<Uint8Array>>();
  const tile = (level: number, index: bigint): Promise<Uint8Array> => {
    const path = tilePath({ level, index, width: widthAt(level, index, size) || TILE_WIDTH });
    const known = tiles.get(path);
    if (known !== undefined) return known;
    const fetched = client
      .request({ path: `/log/${path}`, accept: '*/*' })
      .then((response) => readBody(response));
    tiles.set(path, fetched);
    return fetched;
  };
  const hashOf = async (node: Node): Promise<Uint8Array> => {
    const { level, index, start, end } = spanOf(node);
    const bytes = await tile(level, index);
    return foldPerfect(bytes.subarray(HASH_LENGTH * start, HASH_LENGTH * end));
  };
  const fold = async (range: NodeRange): Promise<Uint8Array> =>
    foldRange(await Promise.all(range.map(hashOf)));
  return {
    leafHash: (index) => hashOf({ level: 0, index }),
    root: (at) => fold(nodesOf(0n, at)),
    inclusionPath: (index, at) => Promise.all(inclusionRanges(index, at).map(fold)),
    consistencyPath: (size1, size2) => Promise.all(consistencyRanges(size1, size2).map(fold)),
  };
};
