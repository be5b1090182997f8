import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CarBlockIterator, CarIndexer } from '@ipld/car';
import type { CID } from 'multiformats/cid';
import type { Block } from '../../content/blocks.ts';
import { carOf, requireBlock } from '../../content/dag.ts';
import type { ContentStore } from '../../features/payloads/types.ts';
import type { DurableFiles } from '../durable-file/durable-files.ts';
import { decodePackIndex, encodePackIndex, type PackEntry } from './pack-index.ts';

/** The blockstore on disk: CAR files of many blocks each, so that a block costs no file of its own. */
export type DiskStore = ContentStore & {
  /** Blocks held and the bytes they take. */
  readonly figures: () => { readonly blocks: number; readonly bytes: number };
};

type Location = { readonly pack: string; readonly offset: number; readonly length: number };

/** A pack is built in memory and written whole. */
const PACK_BYTES = 32 * 1024 * 1024;
const PACK = /^pack-[0-9a-f]{64}\.car$/;

const nameOf = (cid: CID): string => Buffer.from(cid.multihash.bytes).toString('base64');

/**
 * Opens the blockstore of a folder. Every pack is a CAR that any IPFS tool imports; beside it lies
 * its index, made again when it is missing. Nothing is ever removed, so everything counts as pinned.
 *
 * @throws BlockError `block-corrupt` from `importCar` when a CAR holds a block that is not its CID's
 * @example const store = await openDiskStore({ folder: join(dataDir, 'blocks'), files })
 */
export const openDiskStore = async (options: {
  readonly folder: string;
  readonly files: DurableFiles;
}): Promise<DiskStore> => {
  const { folder, files } = options;
  const locations = new Map<string, Location>();
  let bytesHeld = 0;

  const remember = (pack: string, entries: readonly PackEntry[]): void => {
    for (const { multihash, offset, length } of entries) {
      const name = Buffer.from(multihash).toString('base64');
      if (locations.has(name)) continue;
      locations.set(name, { pack, offset, length });
      bytesHeld += length;
    }
  };

  const indexPack = async (pack: string, bytes: Uint8Array): Promise<PackEntry[]> => {
    const entries: PackEntry[] = [];
    for await (const { cid, blockOffset, blockLength } of await CarIndexer.fromBytes(bytes)) {
      entries.push({ multihash: cid.multihash.bytes, offset: blockOffset, length: blockLength });
    }
    await files.write(indexPath(folder, pack), encodePackIndex(entries));
    return entries;
  };

  for (const pack of (await files.list(folder)).filter((name) => PACK.test(name))) {
    const index = await files.read(indexPath(folder, pack));
    const known = index === undefined ? undefined : decodePackIndex(index);
    const entries =
      known ?? (await indexPack(pack, (await files.read(join(folder, pack))) ?? new Uint8Array()));
    remember(pack, entries);
  }

  const writePack = async (root: CID, blocks: readonly Block[]): Promise<void> => {
    const parts: Uint8Array[] = [];
    for await (const part of carOf(root, blocks)) parts.push(part);
    const bytes = new Uint8Array(Buffer.concat(parts));
    const pack = `pack-${createHash('sha256').update(bytes).digest('hex')}.car`;
    await files.write(join(folder, pack), bytes);
    remember(pack, await indexPack(pack, bytes));
  };

  const write = async (root: CID, blocks: AsyncIterable<Block> | Iterable<Block>): Promise<void> => {
    let waiting: Block[] = [];
    let size = 0;
    for await (const block of blocks) {
      requireBlock(block.cid, block.bytes);
      if (locations.has(nameOf(block.cid))) continue;
      waiting.push(block);
      size += block.bytes.length;
      if (size < PACK_BYTES) continue;
      await writePack(root, waiting);
      [waiting, size] = [[], 0];
    }
    if (waiting.length > 0) await writePack(root, waiting);
  };

  return {
    importCar: async (root, car) => write(root, await CarBlockIterator.fromIterable(car)),
    putPinned: (cid, bytes) => write(cid, [{ cid, bytes }]),
    get: async (cid) => {
      const location = locations.get(nameOf(cid));
      return location === undefined ? undefined : readAt(join(folder, location.pack), location);
    },
    figures: () => ({ blocks: locations.size, bytes: bytesHeld }),
  };
};

const indexPath = (folder: string, pack: string): string => join(folder, pack.replace(/\.car$/, '.idx'));

const readAt = async (path: string, { offset, length }: Location): Promise<Uint8Array> => {
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
};
