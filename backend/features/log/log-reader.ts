import { consistencyRanges, inclusionRanges, nodesOf } from '@gridseal/protocol/merkle/build';
import type { Primitives } from '@gridseal/protocol/primitives';
import { encodeEntryBundle } from '@gridseal/protocol/tlog/entry-bundle';
import { TILE_WIDTH, widthAt } from '@gridseal/protocol/tlog/tile';
import type { Database } from '../../adapters/postgres/database.ts';
import { readEntries, readPlace, readPromises } from './entry-store.ts';
import { LogError } from './errors.ts';
import { readRanges, readTiles } from './tile-store.ts';
import type { LogReader, PublishedHead } from './types.ts';

/** Most entries of one call. */
const MAX_ENTRIES = 4096n;
const HASH = 32;

type HeadRow = {
  origin: string;
  epoch: bigint;
  term: bigint;
  size: bigint;
  root: Uint8Array;
  checkpoint: string;
  published_ms: bigint;
};

/**
 * Reads the published log from PostgreSQL. Any process may: what is published never changes.
 *
 * @example
 * const log = createLogReader(database, primitives);
 * const head = await log.head();
 * const path = await log.inclusionProof(7n, head.size);
 */
export const createLogReader = (database: Database, primitives: Primitives): LogReader => {
  const head = async (): Promise<PublishedHead | undefined> => {
    const [row] = await database.query<HeadRow>(
      `SELECT h.origin, h.epoch, h.term, p.size, p.root, p.checkpoint, p.published_ms
       FROM log_published p CROSS JOIN log_head h`,
    );
    if (row === undefined) return undefined;
    const { published_ms, ...rest } = row;
    return { ...rest, publishedMs: published_ms };
  };

  const publishedSize = async (): Promise<bigint> => {
    const [row] = await database.query<{ size: bigint }>('SELECT size FROM log_published');
    return row?.size ?? 0n;
  };

  const requireSize = async (size: bigint): Promise<void> => {
    const published = await publishedSize();
    if (size < 0n || size > published)
      throw new LogError('size-out-of-range', `0 to ${published}`, String(size));
  };

  const requireIndex = async (index: bigint, size?: bigint): Promise<void> => {
    const limit = size ?? (await publishedSize());
    if (index < 0n || index >= limit)
      throw new LogError('index-out-of-range', `below ${limit}`, String(index));
  };

  const requireTile = async (level: number | 'entries', number: bigint, width: number): Promise<void> => {
    const available = widthAt(level, number, await publishedSize());
    if (width < 1 || width > available)
      throw new LogError('tile-not-found', `at most ${available} at ${level}/${number}`, String(width));
  };

  const place: LogReader['place'] = async (digest) => {
    const found = await readPlace(database, digest);
    if (found?.index === undefined || found.index < (await publishedSize())) return found;
    return { ...found, index: undefined };
  };

  const entries: LogReader['entries'] = async (from, to) => {
    const published = await publishedSize();
    if (from < 0n || from > to || to > published)
      throw new LogError('index-out-of-range', `within 0 to ${published}`, `${from} to ${to}`);
    if (to - from > MAX_ENTRIES) throw new LogError('range-too-wide', `${MAX_ENTRIES}`, String(to - from));
    return from === to ? [] : readEntries(database, from, to);
  };

  return {
    head,
    entries,
    place,
    promises: async (from, to) => {
      const published = await publishedSize();
      if (from < 0n || from > to || to > published)
        throw new LogError('index-out-of-range', `within 0 to ${published}`, `${from} to ${to}`);
      return from === to ? [] : readPromises(database, from, to);
    },
    entry: async (index) => {
      await requireIndex(index);
      const [entry] = await readEntries(database, index, index + 1n);
      if (entry === undefined) throw new Error(`entry ${index} of the log is not in its block`);
      return entry;
    },
    indexOf: async (digest) => (await place(digest))?.index,
    leafHash: async (index) => {
      await requireIndex(index);
      const [hash] = await readRanges(database, [[{ level: 0, index }]], primitives);
      return hash!;
    },
    root: async (size) => {
      await requireSize(size);
      const [root] = await readRanges(database, [nodesOf(0n, size)], primitives);
      return root!;
    },
    inclusionProof: async (index, size) => {
      await requireSize(size);
      await requireIndex(index, size);
      return readRanges(database, inclusionRanges(index, size), primitives);
    },
    consistencyProof: async (size1, size2) => {
      await requireSize(size2);
      if (size1 < 1n || size1 > size2)
        throw new LogError('size-out-of-range', `1 to ${size2}`, String(size1));
      return readRanges(database, consistencyRanges(size1, size2), primitives);
    },
    tile: async (level, number, width) => {
      await requireTile(level, number, width);
      const hashes = [...(await readTiles(database, [{ level, number }])).values()][0];
      if (hashes === undefined) throw new Error(`tile ${level}/${number} of the log is not stored`);
      return hashes.subarray(0, HASH * width);
    },
    bundle: async (number, width) => {
      await requireTile('entries', number, width);
      const from = number * BigInt(TILE_WIDTH);
      const found = await readEntries(database, from, from + BigInt(width));
      if (found.length !== width) throw new Error(`bundle ${number} of the log lacks entries`);
      return encodeEntryBundle(found.map(({ bytes }) => bytes));
    },
  };
};
