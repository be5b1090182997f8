import { CID } from 'multiformats/cid';
import {
  decodeEntry,
  equal,
  fromHex,
  KINDS,
  toHex,
  utf8,
  type AuthorPart,
  type Hex,
} from '@gridseal/protocol';

import { linkList, rawBlock } from '../../content/blocks.ts';
import { requireStored, walk } from '../../content/dag.ts';
import { createTurns } from '../../worker/turns.ts';
import type { LogReader } from '../log/types.ts';
import type { ContentStore } from '../payloads/types.ts';
import { evidenceBlocks } from './archive/evidence-block.ts';
import type { EvidenceStore } from './archive/evidence-store.ts';
import { encodeManifest, type Manifest } from './manifest.ts';
import type { Anchor } from './types.ts';

const BUNDLE_ENTRIES = 256n;
const PROFILE_AT = 32 * KINDS.TelemetryBatch.members.findIndex(({ name }) => name === 'profile');
/** Entries read from the log at once. */
const PORTION = 4_096n;

/** Puts an anchor's manifest and all it links into the content store. */
export type ManifestBuilder = {
  /**
   * Stores, pins and reads back the entry bundles of `[fromIndex, size)`, the lists, the profiles, the
   * evidence of the anchor before and the manifest. Payload blocks must be there already.
   *
   * @returns the manifest's CID
   * @throws BlockError `block-missing`, `block-corrupt` when the store does not give back what it took
   */
  readonly store: (anchor: Anchor, previous: Anchor | undefined) => Promise<CID>;
};

/** The profile that a batch cites, without reading all that it says: the log holds none that does not read. */
const profileOf = ({ words }: AuthorPart): Hex => toHex(words.subarray(PROFILE_AT, PROFILE_AT + 32));

/** Creates the builder. @param logId 32 bytes in hex */
export const createManifestBuilder = (options: {
  readonly log: LogReader;
  readonly store: ContentStore;
  readonly archive: Pick<EvidenceStore, 'find'>;
  readonly profiles: { readonly find: (hash: Hex) => Promise<string | undefined> };
  readonly logId: `0x${string}`;
}): ManifestBuilder => {
  const { log, store, archive, profiles } = options;

  const readBack = (cids: readonly CID[]) => requireStored(store.getAll, cids);

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
    const { root, blocks } = await linkList(links);
    const held = new Map(blocks.map((block) => [block.cid.toString(), block.bytes]));
    const read = async (cid: CID) => {
      const number = numberOf.get(cid.toString());
      return number === undefined ? held.get(cid.toString()) : readBundle(number, size);
    };
    await store.importBlocks(root, walk(read, root, 'all'));
    await readBack([...links, ...blocks.map((block) => block.cid)]);
    return root;
  };

  const storePayloads = async ({
    fromIndex,
    size,
  }: Anchor): Promise<{ readonly payloads: CID | null; readonly cited: ReadonlySet<Hex> }> => {
    const links: CID[] = [];
    const cited = new Set<Hex>();
    const turn = createTurns();
    for (let from = fromIndex; from < size; from += PORTION) {
      for (const entry of await log.entries(from, size < from + PORTION ? size : from + PORTION)) {
        await turn();
        const { authorPart, operatorPart } = decodeEntry(entry.bytes);
        if (operatorPart.payloadCid.length > 0) links.push(CID.decode(operatorPart.payloadCid));
        if (equal(authorPart.typeHash, KINDS.TelemetryBatch.typeHash)) cited.add(profileOf(authorPart));
      }
    }
    if (links.length === 0) return { payloads: null, cited };
    const { root, blocks } = await linkList(links);
    // The payload blocks were stored and read back segment by segment: only the lists are new.
    await store.importBlocks(root, blocks);
    await readBack(blocks.map((block) => block.cid));
    return { payloads: root, cited };
  };

  /** A document that was never sent here cannot be stored; the batches that cite it are kept all the same. */
  const storeProfiles = async (cited: ReadonlySet<Hex>): Promise<CID[]> => {
    const cids: CID[] = [];
    for (const hash of [...cited].sort()) {
      const document = await profiles.find(hash);
      if (document === undefined) continue;
      const { cid, bytes } = rawBlock(utf8(document));
      await store.putPinned(cid, bytes);
      cids.push(cid);
    }
    await readBack(cids);
    return cids;
  };

  const storeEvidence = async (of: Anchor | undefined): Promise<CID | null> => {
    const archived = of === undefined ? undefined : await archive.find(of.id);
    if (archived === undefined) return null;
    const { root, blocks } = await evidenceBlocks(archived);
    await store.importBlocks(root, blocks);
    await readBack(blocks.map((block) => block.cid));
    return root;
  };

  return {
    store: async (anchor, previous) => {
      const { payloads, cited } = await storePayloads(anchor);
      const manifest: Manifest = {
        logId: fromHex(options.logId),
        epoch: anchor.epoch,
        size: anchor.size,
        root: fromHex(anchor.root),
        checkpoint: anchor.checkpoint,
        previous: previous?.manifest ?? null,
        from: anchor.fromIndex,
        entries: await storeEntries(anchor),
        payloads,
        profiles: await storeProfiles(cited),
        promises: await log.promises(anchor.fromIndex, anchor.size),
        evidence: await storeEvidence(previous),
      };
      const { cid, bytes } = encodeManifest(manifest);
      await store.putPinned(cid, bytes);
      await readBack([cid]);
      return cid;
    },
  };
};
