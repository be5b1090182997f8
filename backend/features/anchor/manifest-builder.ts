import { CID } from 'multiformats/cid';
import { decodeEntry, fromHex } from '@gridseal/protocol';

import { linkList, rawBlock } from '../../content/blocks.ts';
import { BlockError, carOf, readVerified, walk } from '../../content/dag.ts';
import type { LogReader } from '../log/types.ts';
import type { ContentStore } from '../payloads/types.ts';
import { encodeManifest, type Manifest } from './manifest.ts';
import type { Anchor } from './types.ts';

const BUNDLE_ENTRIES = 256n;
/** Entries read from the log at once. */
const PORTION = 4_096n;

/** Puts an anchor's manifest and all it links into the content store. */
export type ManifestBuilder = {
  /**
   * Stores, pins and reads back the entry bundles of `[fromIndex, size)`, the lists and the
   * manifest. Payload blocks must be there already.
   *
   * @returns the manifest's CID
   * @throws BlockError `block-missing`, `block-corrupt` when the store does not give back what it took
   */
  readonly store: (anchor: Anchor, previous: CID | undefined) => Promise<CID>;
};

/** Creates the builder. @param logId 32 bytes in hex */
export const createManifestBuilder = (options: {
  readonly log: LogReader;
  readonly store: ContentStore;
  readonly logId: `0x${string}`;
}): ManifestBuilder => {
  const { log, store } = options;

  const readBundle = (number: bigint, size: bigint): Promise<Uint8Array> => {
    const rest = size - number * BUNDLE_ENTRIES;
    return log.bundle(number, Number(rest < BUNDLE_ENTRIES ? rest : BUNDLE_ENTRIES));
  };

  const storeEntries = async ({ fromIndex, size }: Anchor): Promise<CID> => {
    const numberOf = new Map<string, bigint>();
    const links: CID[] = [];
    for (let number = fromIndex / BUNDLE_ENTRIES; number * BUNDLE_ENTRIES < size; number += 1n) {
      const { cid } = rawBlock(await readBundle(number, size));
      numberOf.set(cid.toString(), number);
      links.push(cid);
    }
    const { root, blocks } = linkList(links);
    const held = new Map(blocks.map((block) => [block.cid.toString(), block.bytes]));
    const read = async (cid: CID) => {
      const number = numberOf.get(cid.toString());
      return number === undefined ? held.get(cid.toString()) : readBundle(number, size);
    };
    await store.importCar(root, carOf(root, walk(read, root, 'all')));
    await readBack(store, [...links, ...blocks.map((block) => block.cid)]);
    return root;
  };

  const storePayloads = async ({ fromIndex, size }: Anchor): Promise<CID | null> => {
    const links: CID[] = [];
    for (let from = fromIndex; from < size; from += PORTION) {
      for (const entry of await log.entries(from, size < from + PORTION ? size : from + PORTION)) {
        const { payloadCid } = decodeEntry(entry.bytes).operatorPart;
        if (payloadCid.length > 0) links.push(CID.decode(payloadCid));
      }
    }
    if (links.length === 0) return null;
    const { root, blocks } = linkList(links);
    // The payload blocks were stored and read back segment by segment: only the lists are new.
    await store.importCar(root, carOf(root, blocks));
    await readBack(
      store,
      blocks.map((block) => block.cid),
    );
    return root;
  };

  return {
    store: async (anchor, previous) => {
      const manifest: Manifest = {
        logId: fromHex(options.logId),
        epoch: anchor.epoch,
        size: anchor.size,
        root: fromHex(anchor.root),
        checkpoint: anchor.checkpoint,
        previous: previous ?? null,
        from: anchor.fromIndex,
        entries: await storeEntries(anchor),
        payloads: await storePayloads(anchor),
      };
      const { cid, bytes } = encodeManifest(manifest);
      await store.putPinned(cid, bytes);
      await readBack(store, [cid]);
      return cid;
    },
  };
};

const readBack = async (store: ContentStore, cids: readonly CID[]): Promise<void> => {
  for (const cid of cids) {
    if ((await readVerified(store.get, cid)) === undefined) throw new BlockError('block-missing', cid);
  }
};
