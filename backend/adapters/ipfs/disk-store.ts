import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CID } from 'multiformats/cid';
import type { Block } from '../../content/blocks.ts';
import { requireBlock } from '../../content/dag.ts';
import type { ContentStore } from '../../features/payloads/types.ts';
import { createTurns } from '../../worker/turns.ts';
import type { DurableFiles } from '../durable-file/durable-files.ts';
import { entriesOfPack, packOf, readRanges } from './pack-file.ts';
import {
  candidateOf,
  decodeEntry,
  encodePackIndex,
  entryRange,
  readPrefixes,
  type PackEntry,
  type PackPrefixes,
} from './pack-index.ts';

/** The blockstore on disk: CAR files of many blocks each, so that a block costs no file of its own. */
export type DiskStore = ContentStore & {
  /** Blocks held and the bytes they take, from the indexes of all packs. */
  readonly figures: () => Promise<{ readonly blocks: number; readonly bytes: number }>;
};

type Pack = { readonly name: string; readonly index: () => Promise<PackPrefixes> };
type Place = { readonly pack: Pack; readonly entry: PackEntry };

/** A pack is built in memory and written whole. */
const PACK_BYTES = 32 * 1024 * 1024;
const PACK = /^pack-[0-9a-f]{64}\.car$/;

const nameOf = (cid: CID): string => Buffer.from(cid.multihash.digest).toString('latin1');

const prefixOf = ({ multihash: { digest } }: CID): number =>
  ((digest[0]! << 24) | (digest[1]! << 16) | (digest[2]! << 8) | digest[3]!) >>> 0;

/**
 * Opens the blockstore of a folder. Every pack is a CAR that any IPFS tool imports; beside it lies
 * its index, read when a block is first looked for and made again when it is missing: opening takes as
 * long for ten million blocks as for none. In memory are four bytes a block of those. Nothing is ever
 * removed, so everything counts as pinned.
 *
 * @example const store = await openDiskStore({ folder: join(dataDir, 'blocks'), files })
 */
export const openDiskStore = async (options: {
  readonly folder: string;
  readonly files: DurableFiles;
}): Promise<DiskStore> => {
  const { folder, files } = options;
  /** Newest last: what was stored last is asked for first. */
  const packs: Pack[] = [];
  const known = new Set<string>();

  const add = (name: string, index: Pack['index']): void => {
    if (known.has(name)) return;
    known.add(name);
    packs.push({ name, index });
  };

  const writeIndex = async (name: string, entries: readonly PackEntry[]): Promise<PackPrefixes> => {
    const bytes = encodePackIndex(entries);
    await files.write(indexPath(folder, name), bytes);
    return readPrefixes(bytes)!;
  };

  const readIndex = async (name: string): Promise<PackPrefixes> => {
    const bytes = await files.read(indexPath(folder, name));
    const index = bytes === undefined ? undefined : readPrefixes(bytes);
    const pack = async () => (await files.read(join(folder, name))) ?? new Uint8Array();
    return index ?? writeIndex(name, await entriesOfPack(await pack()));
  };

  for (const name of (await files.list(folder)).filter((found) => PACK.test(found)))
    add(
      name,
      once(() => readIndex(name)),
    );

  /** Where blocks lie; each pack's index is read once for all that it may hold. */
  const locate = async (cids: readonly CID[]): Promise<(Place | undefined)[]> => {
    const places = new Array<Place | undefined>(cids.length).fill(undefined);
    let missing = cids.length;
    for (const pack of packs.toReversed()) {
      if (missing === 0) break;
      const { prefixes } = await pack.index();
      const asked: { readonly i: number; readonly position: number }[] = [];
      cids.forEach((cid, i) => {
        if (places[i] !== undefined) return;
        const prefix = prefixOf(cid);
        const first = candidateOf(prefixes, prefix);
        for (let position = first; position >= 0 && prefixes[position] === prefix; position += 1)
          asked.push({ i, position });
      });
      if (asked.length === 0) continue;
      const ranges = asked.map(({ position }) => entryRange(position));
      const found = await readRanges(indexPath(folder, pack.name), ranges);
      asked.forEach(({ i }, n) => {
        const entry = decodeEntry(found[n]!);
        if (places[i] !== undefined || Buffer.compare(entry.digest, cids[i]!.multihash.digest) !== 0) return;
        places[i] = { pack, entry };
        missing -= 1;
      });
    }
    return places;
  };

  const getAll = async (cids: readonly CID[]): Promise<(Uint8Array | undefined)[]> => {
    const places = await locate(cids);
    const blocks = new Array<Uint8Array | undefined>(cids.length).fill(undefined);
    for (const pack of new Set(places.flatMap((place) => place?.pack ?? []))) {
      const held = places.flatMap((place, i) => (place?.pack === pack ? { i, ...place.entry } : []));
      const ranges = held.map(({ offset, length }) => ({ at: offset, length }));
      const found = await readRanges(join(folder, pack.name), ranges);
      held.forEach(({ i }, n) => (blocks[i] = found[n]));
    }
    return blocks;
  };

  const writePack = async (root: CID, blocks: readonly Block[]): Promise<void> => {
    const { bytes, entries } = await packOf(root, blocks);
    const name = `pack-${await sha256Hex(bytes)}.car`;
    // The same blocks again are the same pack. To ask for each of them would cost more with every pack there is.
    if (known.has(name)) return;
    await files.write(join(folder, name), bytes);
    const index = await writeIndex(name, entries);
    add(name, () => Promise.resolve(index));
  };

  const write = async (root: CID, blocks: AsyncIterable<Block> | Iterable<Block>): Promise<void> => {
    let waiting = new Map<string, Block>();
    let size = 0;
    const turn = createTurns();
    for await (const block of blocks) {
      await turn();
      requireBlock(block.cid, block.bytes);
      waiting.set(nameOf(block.cid), block);
      size += block.bytes.length;
      if (size < PACK_BYTES) continue;
      await writePack(root, [...waiting.values()]);
      waiting = new Map();
      size = 0;
    }
    if (waiting.size > 0) await writePack(root, [...waiting.values()]);
  };

  return {
    importBlocks: write,
    putPinned: (cid, bytes) => write(cid, [{ cid, bytes }]),
    get: async (cid) => (await getAll([cid]))[0],
    getAll,
    figures: async () => {
      const total = { blocks: 0, bytes: 0 };
      for (const { index } of packs) {
        const { prefixes, blockBytes } = await index();
        total.blocks += prefixes.length;
        total.bytes += blockBytes;
      }
      return total;
    },
  };
};

/** Loads at the first call, for all who call meanwhile; a failure is not remembered. */
const once = <T>(load: () => Promise<T>): (() => Promise<T>) => {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
};

/** Hashed at a time: about a millisecond. */
const HASHED_BYTES = 1024 * 1024;

const sha256Hex = async (bytes: Uint8Array): Promise<string> => {
  const sha256 = createHash('sha256');
  const turn = createTurns();
  for (let at = 0; at < bytes.length; at += HASHED_BYTES) {
    await turn();
    sha256.update(bytes.subarray(at, at + HASHED_BYTES));
  }
  return sha256.digest('hex');
};

const indexPath = (folder: string, pack: string): string => join(folder, pack.replace(/\.car$/, '.idx'));
