import { equal, fromHex, toHex } from '@gridseal/protocol';

import { cborCid } from '../../../content/blocks.ts';
import { BlockError, type ReadBlock } from '../../../content/dag.ts';
import { decodeManifest, ManifestError, type Manifest } from '../manifest.ts';
import { readManifest, requireBlockOf, type AnchoredState } from './manifests.ts';

/** Anchors that are the log's own, oldest first, and those of the present epoch that nothing says are. */
export type OwnAnchors<Anchor> = { readonly own: readonly Anchor[]; readonly leftOut: readonly Anchor[] };

/**
 * Picks the anchors that the log's own key signed. The newest that has such a manifest leads, by manifests that each name the
 * one before, to all the others: across epochs, and past whatever somebody else anchored between them.
 *
 * @param anchors of all epochs, newest first, as the chain tells them
 * @param isSigned whether the log's key signed the checkpoint of a manifest
 * @returns each anchor with the manifest that the log made of it
 * @throws BlockError, ManifestError when no anchor has a manifest of the log, or one that another names cannot be read
 */
export const findOwnAnchors = async <Anchor extends AnchoredState>(
  anchors: readonly Anchor[],
  {
    read,
    logId,
    isSigned,
  }: {
    readonly read: ReadBlock;
    readonly logId: Uint8Array;
    readonly isSigned: (manifest: Manifest) => boolean;
  },
): Promise<OwnAnchors<Anchor>> => {
  const begun = new Map(anchors.map(({ epoch, size }) => [epoch, size]));
  const isAbandoned = ({ epoch, size }: Anchor): boolean =>
    [...begun].some(([later, first]) => later > epoch && first < size);
  const eventOf = ({ epoch, size, root }: Manifest): Anchor | undefined =>
    anchors.find((anchor) => anchor.epoch === epoch && anchor.size === size && anchor.root === toHex(root));

  const leftOut: Anchor[] = [];
  let failure: Error | undefined;
  for (const anchor of anchors) {
    if (anchor.size === 0n || isAbandoned(anchor)) continue;
    let newest: Manifest | undefined;
    try {
      newest = await readOwn(anchor);
    } catch (error) {
      if (!(error instanceof BlockError || error instanceof ManifestError)) throw error;
      failure ??= error;
      leftOut.push(anchor);
      continue;
    }
    return { own: await lead(anchor, newest), leftOut };
  }
  if (failure !== undefined) throw failure;
  return { own: [], leftOut };

  /** An epoch begins with a state of the one before, and with its manifest. */
  async function readOwn(anchor: Anchor): Promise<Manifest> {
    const manifest = await readManifest(read, logId, anchor);
    if (!isSigned(manifest)) throw new ManifestError('checkpoint');
    return manifest;
  }

  async function lead(newest: Anchor, manifest: Manifest): Promise<Anchor[]> {
    const found: Anchor[] = [];
    let hash = newest.manifest;
    for (let current = manifest; ;) {
      const event = eventOf(current);
      if (event === undefined || !equal(current.logId, logId) || !isSigned(current))
        throw new ManifestError('previous');
      found.push({ ...event, manifest: hash });
      const { previous } = current;
      if (previous === null) return found.toReversed();
      hash = toHex(previous.multihash.digest);
      current = decodeManifest(await requireBlockOf(read, cborCid(fromHex(hash))));
    }
  }
};
