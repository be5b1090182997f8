import { decodeEntryBundle, equal, fromHex, toHex, type Hex } from '@gridseal/protocol';
import type { CID } from 'multiformats/cid';

import { cborCid } from '../../../content/blocks.ts';
import { BlockError, readVerified, type ReadBlock } from '../../../content/dag.ts';
import { decodeManifest, ManifestError, readLinks, type Manifest, type Promised } from '../manifest.ts';

/** An anchor as its contract's event tells it. */
export type AnchoredState = {
  readonly epoch: bigint;
  readonly size: bigint;
  readonly root: Hex;
  /** SHA-256 of the manifest block. */
  readonly manifest: Hex;
};

const BUNDLE_ENTRIES = 256n;
/** Bundles that are fetched ahead of the one under way. */
const AHEAD = 16;

/** A block that must be there. @throws BlockError `block-missing`, `block-corrupt` */
export const requireBlockOf = async (read: ReadBlock, cid: CID): Promise<Uint8Array> => {
  const bytes = await readVerified(read, cid);
  if (bytes === undefined) throw new BlockError('block-missing', cid);
  return bytes;
};

/**
 * The manifest that an anchor names, which must say of the log what the anchor says. The first anchor of an epoch names the
 * manifest of the state that it begins with, which is of an epoch before.
 *
 * @throws BlockError; ManifestError naming the field that differs
 */
export const readManifest = async (
  read: ReadBlock,
  logId: Uint8Array,
  { epoch, size, root, manifest: hash }: AnchoredState,
): Promise<Manifest> => {
  const manifest = decodeManifest(await requireBlockOf(read, cborCid(fromHex(hash))));
  if (!equal(manifest.logId, logId)) throw new ManifestError('logId');
  if (manifest.epoch > epoch) throw new ManifestError('epoch');
  if (manifest.size !== size) throw new ManifestError('size');
  if (toHex(manifest.root) !== root) throw new ManifestError('root');
  return manifest;
};

/** CIDs of a two-level list, in order. */
export async function* linksBelow(read: ReadBlock, root: CID): AsyncGenerator<CID> {
  for (const leaf of readLinks(await requireBlockOf(read, root)))
    yield* readLinks(await requireBlockOf(read, leaf));
}

/** Bytes of the entries `[from, size)` of a manifest that links them, in order. @throws BlockError, ManifestError, TlogError */
export async function* entriesOf(
  read: ReadBlock,
  manifest: Manifest,
  from: bigint,
): AsyncGenerator<Uint8Array> {
  const { size, entries } = manifest;
  if (manifest.from > from) throw new ManifestError('from');
  let index = (manifest.from / BUNDLE_ENTRIES) * BUNDLE_ENTRIES;
  for await (const bundle of inOrder(read, linksBelow(read, entries)))
    for (const entry of decodeEntryBundle(bundle)) {
      if (index >= from && index < size) yield entry;
      index += 1n;
    }
  if (index < size) throw new ManifestError('entries');
}

/** What the receipts of the entries `[from, size)` of a manifest promise. */
export const promisesFrom = (manifest: Manifest, from: bigint): Promised[] => {
  let skipped = from - manifest.from;
  return manifest.promises.flatMap(({ entries, seconds }) => {
    const left = entries > skipped ? entries - skipped : 0n;
    skipped -= entries - left;
    return left === 0n ? [] : [{ entries: left, seconds }];
  });
};

/** Blocks in the order of their CIDs, some fetched ahead. */
async function* inOrder(read: ReadBlock, cids: AsyncIterable<CID>): AsyncGenerator<Uint8Array> {
  const fetched: Promise<Uint8Array>[] = [];
  for await (const cid of cids) {
    const block = requireBlockOf(read, cid);
    // Whoever awaits it first is told; one that nobody will await must not end the process.
    block.catch(() => undefined);
    fetched.push(block);
    if (fetched.length > AHEAD) yield await fetched.shift()!;
  }
  for (const block of fetched) yield await block;
}
