import { open, type FileHandle } from 'node:fs/promises';
import { CarIndexer } from '@ipld/car';
import { blockLength, createWriter, headerLength } from '@ipld/car/buffer-writer';
import type { CID } from 'multiformats/cid';
import type { Block } from '../../content/blocks.ts';
import { createTurns } from '../../worker/turns.ts';
import type { PackEntry } from './pack-index.ts';

/** A CARv1 of blocks under one root, and where each of them lies in it. */
export const packOf = async (
  root: CID,
  blocks: readonly Block[],
): Promise<{ readonly bytes: Uint8Array; readonly entries: readonly PackEntry[] }> => {
  const headerSize = headerLength({ roots: [root] });
  const size = blocks.reduce((sum, block) => sum + blockLength(block), headerSize);
  const writer = createWriter(new ArrayBuffer(size), { roots: [root], headerSize });
  const entries: PackEntry[] = [];
  const turn = createTurns();
  for (const block of blocks) {
    await turn();
    writer.write(block);
    const { length } = block.bytes;
    entries.push({ digest: block.cid.multihash.digest, offset: writer.byteOffset - length, length });
  }
  return { bytes: writer.close(), entries };
};

/** Where each block lies in a pack whose index was lost, as far as the pack can be read. */
export const entriesOfPack = async (
  bytes: Uint8Array,
): Promise<{ readonly entries: readonly PackEntry[]; readonly isWhole: boolean }> => {
  const entries: PackEntry[] = [];
  try {
    for await (const { cid, blockOffset, blockLength: length } of await CarIndexer.fromBytes(bytes)) {
      // The last one may be cut.
      if (blockOffset + length > bytes.length) return { entries, isWhole: false };
      entries.push({ digest: cid.multihash.digest, offset: blockOffset, length });
    }
    return { entries, isWhole: true };
  } catch {
    // All bytes are here: whatever the reader stumbles over is in them.
    return { entries, isWhole: false };
  }
};

/** Bytes of a file that was opened; fewer where it ends before. */
const readAt = async (file: FileHandle, at: number, length: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
};

/** Most that is read at once where what is asked for lies close together. */
const PORTION = 4 * 1024 * 1024;
const GAP = 4096;

/**
 * Reads ranges of a file, those that lie close together at once.
 *
 * @returns their bytes in the order asked for, cut where the file ends
 */
export const readRanges = async (
  path: string,
  ranges: readonly { readonly at: number; readonly length: number }[],
): Promise<Uint8Array[]> => {
  const order = ranges.map((range, i) => ({ ...range, i })).sort((a, b) => a.at - b.at);
  const found = new Array<Uint8Array>(ranges.length);
  const file = await open(path, 'r');
  try {
    for (let from = 0; from < order.length;) {
      const { at } = order[from]!;
      let end = at + order[from]!.length;
      let to = from + 1;
      for (; to < order.length; to += 1) {
        const next = order[to]!;
        if (next.at > end + GAP || next.at + next.length > at + PORTION) break;
        end = Math.max(end, next.at + next.length);
      }
      const bytes = await readAt(file, at, end - at);
      for (const each of order.slice(from, to))
        found[each.i] = bytes.subarray(each.at - at, each.at - at + each.length);
      from = to;
    }
  } finally {
    await file.close();
  }
  return found;
};
