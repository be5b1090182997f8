import * as dagCbor from '@ipld/dag-cbor';
import { CarWriter } from '@ipld/car';
import { hash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';

import type { Block } from './blocks.ts';

/** Reads a block, or answers `undefined` when this store does not have it. */
export type ReadBlock = (cid: CID) => Promise<Uint8Array | undefined>;

/** How much of a DAG a CAR carries, as the trustless gateway's `dag-scope` names it. */
export type DagScope = 'block' | 'entity' | 'all';

/** Why a block cannot be served or trusted. */
export type BlockErrorCode = 'block-missing' | 'block-corrupt' | 'codec-unsupported' | 'hash-unsupported';

/** A block of a DAG that is not what its CID says. */
export class BlockError extends Error {
  override readonly name = 'BlockError';
  readonly code: BlockErrorCode;
  readonly cid: CID;

  constructor(code: BlockErrorCode, cid: CID) {
    super(`${code}: ${cid.toString()}`);
    this.code = code;
    this.cid = cid;
  }
}

const SHA2_256 = 0x12;
const IDENTITY = 0x00;

/**
 * Throws unless the bytes hash to the CID.
 *
 * @throws BlockError `block-corrupt`, `hash-unsupported`
 */
export const requireBlock = (cid: CID, bytes: Uint8Array): void => {
  if (cid.multihash.code !== SHA2_256) throw new BlockError('hash-unsupported', cid);
  if (!hash('sha256', bytes, 'buffer').equals(cid.multihash.digest))
    throw new BlockError('block-corrupt', cid);
};

/**
 * Reads a block and checks it against its CID, so that a damaged store is noticed before a reader is.
 *
 * @returns `undefined` when the store does not have it
 * @throws BlockError `block-corrupt`, `hash-unsupported`
 */
export const readVerified = async (read: ReadBlock, cid: CID): Promise<Uint8Array | undefined> => {
  if (cid.multihash.code === IDENTITY) return cid.multihash.digest;
  const bytes = await read(cid);
  if (bytes !== undefined) requireBlock(cid, bytes);
  return bytes;
};

/** Blocks read back at once. */
const PORTION = 512;

/**
 * Reads blocks back from where they were stored, and checks each.
 *
 * @returns bytes of all of them together
 * @throws BlockError `block-missing`, `block-corrupt`, `hash-unsupported`
 */
export const requireStored = async (
  readAll: (cids: readonly CID[]) => Promise<readonly (Uint8Array | undefined)[]>,
  cids: readonly CID[],
): Promise<number> => {
  let total = 0;
  for (let from = 0; from < cids.length; from += PORTION) {
    const asked = cids.slice(from, from + PORTION);
    const found = await readAll(asked);
    asked.forEach((cid, i) => {
      const bytes = found[i];
      if (bytes === undefined) throw new BlockError('block-missing', cid);
      requireBlock(cid, bytes);
      total += bytes.length;
    });
  }
  return total;
};

/**
 * Links of a block, in the order in which they stand in it.
 *
 * @throws BlockError `codec-unsupported`
 */
export const linksOf = (cid: CID, bytes: Uint8Array): CID[] => {
  if (cid.code === raw.code) return [];
  if (cid.code !== dagCbor.code) throw new BlockError('codec-unsupported', cid);
  const links: CID[] = [];
  const visit = (value: unknown): void => {
    const link = CID.asCID(value);
    if (link !== null) links.push(link);
    else if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
      Object.values(value).forEach(visit);
    }
  };
  visit(dagCbor.decode(bytes));
  return links;
};

/**
 * Walks a DAG depth first, every block once, as a CAR with `order=dfs` and `dups=n` lists it.
 * Inlined (identity) blocks are left out: their CID carries them.
 *
 * @throws BlockError `block-missing` for a linked block that is not there
 */
export async function* walk(read: ReadBlock, root: CID, scope: DagScope): AsyncGenerator<Block> {
  const seen = new Set<string>();
  const stack = [root];
  for (let cid = stack.pop(); cid !== undefined; cid = stack.pop()) {
    const name = cid.toString();
    if (seen.has(name)) continue;
    seen.add(name);
    const bytes = await readVerified(read, cid);
    if (bytes === undefined) throw new BlockError('block-missing', cid);
    if (cid.multihash.code !== IDENTITY) yield { cid, bytes };
    if (scope === 'all') for (const link of linksOf(cid, bytes).reverse()) stack.push(link);
  }
}

/**
 * Bytes of a CARv1 with one root, block by block.
 *
 * @example response.write(...) for await (const part of carOf(root, walk(read, root, 'all')))
 */
export async function* carOf(
  root: CID,
  blocks: AsyncIterable<Block> | Iterable<Block>,
): AsyncGenerator<Uint8Array> {
  const { writer, out } = CarWriter.create([root]);
  const written = (async () => {
    try {
      for await (const block of blocks) await writer.put(block);
    } finally {
      await writer.close();
    }
  })();
  // A failure while walking ends `out` early; it is thrown below, after what was written.
  const outcome = written.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  yield* out;
  const failed = await outcome;
  if (failed !== undefined) throw failed.error;
}
