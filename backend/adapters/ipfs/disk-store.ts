import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CID } from 'multiformats/cid';
import type { Block } from '../../content/blocks.ts';
import { requireBlock } from '../../content/dag.ts';
import type { ContentStore } from '../../features/payloads/types.ts';
import { createTurns } from '../../worker/turns.ts';
import type { DurableFiles } from '../durable-file/durable-files.ts';
import { indexPathOf, openPack, type Pack } from './pack.ts';
import { packOf } from './pack-file.ts';
import { candidateOf, encodePackIndex, type PackEntry } from './pack-index.ts';

/** The blockstore on disk: CAR files of many blocks each, so that a block costs no file of its own. */
export type DiskStore = ContentStore & {
  /** Blocks held and the bytes they take, from the indexes of all packs. */
  readonly figures: () => Promise<{ readonly blocks: number; readonly bytes: number }>;
  /** Packs that are not as they were written, with what is wrong: those that were found so, and those that look so. */
  readonly damaged: () => Promise<readonly { readonly pack: string; readonly damage: string }[]>;
};

type Place = { readonly pack: Pack; readonly entry: PackEntry };

/** A pack is built in memory and written whole. */
/** The least time between looks at all packs. */
const LOOK_MS = 1_000;
const PACK_BYTES = 32 * 1024 * 1024;
const PACK = /^pack-[0-9a-f]{64}\.(?:car|idx)$/;

const nameOf = (cid: CID): string => Buffer.from(cid.multihash.digest).toString('latin1');

const prefixOf = ({ multihash: { digest } }: CID): number =>
  ((digest[0]! << 24) | (digest[1]! << 16) | (digest[2]! << 8) | digest[3]!) >>> 0;

/**
 * Opens the blockstore of a folder. Every pack is a CAR that any IPFS tool imports; beside it lies
 * its index, read when a block is first looked for and made again when it is missing: opening takes as
 * long for ten million blocks as for none. In memory are four bytes a block of those. Nothing is ever
 * removed, so everything counts as pinned. A pack that is damaged lacks what cannot be read of it, and no more: importing
 * its blocks again writes it anew.
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
  const known = new Map<string, Pack>();
  let lookedAt = Number.NEGATIVE_INFINITY;

  const add = (name: string): void => {
    const pack = openPack(folder, name, files);
    const before = known.get(name);
    known.set(name, pack);
    if (before !== undefined) packs.splice(packs.indexOf(before), 1);
    packs.push(pack);
  };

  const found = (await files.list(folder)).filter((name) => PACK.test(name));
  for (const name of new Set(found.map((each) => each.replace(/\.idx$/u, '.car')))) add(name);
  /** Where blocks lie; each pack's index is read once for all that it may hold. */
  const locate = async (cids: readonly CID[], except: ReadonlySet<Pack>): Promise<(Place | undefined)[]> => {
    const places = new Array<Place | undefined>(cids.length).fill(undefined);
    let missing = cids.length;
    for (const pack of packs.toReversed()) {
      if (missing === 0) break;
      if (except.has(pack)) continue;
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
      const entries = await pack.entries(asked.map(({ position }) => position));
      asked.forEach(({ i }, n) => {
        const entry = entries[n];
        if (entry === undefined || places[i] !== undefined) return;
        if (Buffer.compare(entry.digest, cids[i]!.multihash.digest) !== 0) return;
        places[i] = { pack, entry };
        missing -= 1;
      });
    }
    return places;
  };

  /** @param except packs that turned out not to hold what their indexes say */
  const getFrom = async (
    cids: readonly CID[],
    except: ReadonlySet<Pack>,
  ): Promise<(Uint8Array | undefined)[]> => {
    const places = await locate(cids, except);
    const blocks = new Array<Uint8Array | undefined>(cids.length).fill(undefined);
    for (const pack of new Set(places.flatMap((place) => place?.pack ?? []))) {
      const held = places.flatMap((place, i) => (place?.pack === pack ? { i, ...place.entry } : []));
      const found = await pack.blocks(held);
      held.forEach(({ i }, n) => (blocks[i] = found[n]));
    }
    const broken = places.flatMap((place, i) =>
      place !== undefined && blocks[i] === undefined ? [{ i, place }] : [],
    );
    if (broken.length === 0) return blocks;
    const others = new Set([...except, ...broken.map(({ place }) => place.pack)]);
    const again = await getFrom(
      broken.map(({ i }) => cids[i]!),
      others,
    );
    broken.forEach(({ i }, n) => (blocks[i] = again[n]));
    return blocks;
  };
  const getAll = (cids: readonly CID[]) => getFrom(cids, new Set());

  const writePack = async (root: CID, blocks: readonly Block[]): Promise<void> => {
    const { bytes, entries } = await packOf(root, blocks);
    const name = `pack-${await sha256Hex(bytes)}.car`;
    // The same blocks again are the same pack. To ask for each of them would cost more with every pack there is.
    if ((await known.get(name)?.isExactly(bytes)) === true) return;
    await files.write(join(folder, name), bytes);
    await files.write(indexPathOf(folder, name), encodePackIndex(entries));
    add(name);
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
    damaged: async () => {
      if (performance.now() - lookedAt > LOOK_MS) {
        lookedAt = performance.now();
        await Promise.all(packs.map(({ look }) => look()));
      }
      return packs.flatMap(({ name, damage }) => {
        const what = damage();
        return what === undefined ? [] : [{ pack: name, damage: what }];
      });
    },
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
