import * as dagCbor from '@ipld/dag-cbor';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import * as raw from 'multiformats/codecs/raw';
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

const SHA2_256 = 0x12;

/** Links of a list block at most, so that a block stays under the MiB that IPFS nodes exchange. */
export const LINKS_PER_BLOCK = 8_192;

/** A content-addressed block: the bytes hash to the CID. */
export type Block = { readonly cid: CID; readonly bytes: Uint8Array };

const blockOf = (codec: number, bytes: Uint8Array): Block => ({
  cid: CID.createV1(codec, Digest.create(SHA2_256, createHash('sha256').update(bytes).digest())),
  bytes,
});

/** A raw block, CIDv1 with SHA-256. @example rawBlock(bundle).cid */
export const rawBlock = (bytes: Uint8Array): Block => blockOf(raw.code, bytes);

/** A dag-cbor block, CIDv1 with SHA-256. */
export const cborBlock = (value: unknown): Block => blockOf(dagCbor.code, dagCbor.encode(value));

/** CID of the dag-cbor block with a SHA-256, as an `Anchored` event names a manifest. */
export const cborCid = (sha256: Uint8Array): CID =>
  CID.createV1(dagCbor.code, Digest.create(SHA2_256, sha256));

/**
 * Blocks of a two-level list: lists of at most {@link LINKS_PER_BLOCK} links, and a list of those.
 *
 * Others get their turn between the lists: those of a large anchor take a tenth of a second together.
 *
 * @example const { root, blocks } = await linkList(cids)
 */
export const linkList = async (
  links: readonly CID[],
): Promise<{ readonly root: CID; readonly blocks: readonly Block[] }> => {
  const leaves: Block[] = [];
  for (let start = 0; start < links.length; start += LINKS_PER_BLOCK) {
    if (start > 0) await setImmediate();
    leaves.push(cborBlock(links.slice(start, start + LINKS_PER_BLOCK)));
  }
  const root = cborBlock(leaves.map((leaf) => leaf.cid));
  return { root: root.cid, blocks: [...leaves, root] };
};
