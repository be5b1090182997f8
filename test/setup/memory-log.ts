import {
  consistencyPath,
  encodeEntryBundle,
  equal,
  formatCheckpoint,
  formatNote,
  hashLeaf,
  hashNode,
  inclusionPath,
  NOTE_ALGORITHM,
  noteSignerFrom,
  rootOf,
  signNote,
  type NoteSigner,
} from '@gridseal/protocol';

import type { LogReader, PublishedHead } from '../../backend/features/log/types.ts';

/** A log in memory, signed like a real one: for tests of what reads a log, not of what writes it. */
export type MemoryLog = LogReader & {
  readonly signer: NoteSigner;
  /** Appends entries and publishes a checkpoint over them. */
  readonly append: (...entries: readonly Uint8Array[]) => PublishedHead;
};

/** Creates an empty log. @param digestOf gives the digest by which `place` and `indexOf` find an entry */
export const createMemoryLog = (options: {
  readonly origin: string;
  readonly digestOf: (entry: Uint8Array) => Uint8Array;
}): MemoryLog => {
  const entries: Uint8Array[] = [];
  const signer = noteSignerFrom(options.origin, NOTE_ALGORITHM.ed25519, new Uint8Array(32).fill(7));
  let head: PublishedHead | undefined;

  const readNode = ({ level, index }: { level: number; index: bigint }): Uint8Array => {
    if (level === 0) return hashLeaf(entries[Number(index)]!);
    return hashNode(
      readNode({ level: level - 1, index: 2n * index }),
      readNode({ level: level - 1, index: 2n * index + 1n }),
    );
  };
  const indexOf = (digest: Uint8Array): bigint | undefined => {
    const index = entries.findIndex((entry) => equal(options.digestOf(entry), digest));
    return index === -1 ? undefined : BigInt(index);
  };
  const entryAt = (index: bigint) => {
    const bytes = entries[Number(index)];
    if (bytes === undefined) throw new RangeError(`no entry ${index}`);
    return { index, block: index, position: 0, bytes };
  };

  return {
    signer,
    append: (...added) => {
      entries.push(...added);
      const size = BigInt(entries.length);
      const root = rootOf(size, readNode);
      const text = formatCheckpoint({ origin: options.origin, size, root });
      const checkpoint = formatNote({ text, signatures: [signNote(text, signer)] });
      head = { origin: options.origin, epoch: 0n, term: 1n, size, root, checkpoint, publishedMs: 0n };
      return head;
    },
    head: async () => head,
    entry: async (index) => entryAt(index),
    entries: async (from, to) => {
      const found = [];
      for (let index = from; index < to; index += 1n) found.push(entryAt(index));
      return found;
    },
    promises: async (from, to) => (from === to ? [] : [{ entries: to - from, seconds: 3_600n }]),
    place: async (digest) => {
      const index = indexOf(digest);
      return index === undefined ? undefined : { block: index, position: 0, index };
    },
    indexOf: async (digest) => indexOf(digest),
    leafHash: async (index) => hashLeaf(entryAt(index).bytes),
    root: async (size) => rootOf(size, readNode),
    inclusionProof: async (index, size) => inclusionPath(index, size, readNode),
    consistencyProof: async (size1, size2) => consistencyPath(size1, size2, readNode),
    tile: () => Promise.reject(new Error('this log has no tiles')),
    bundle: async (number, width) =>
      encodeEntryBundle(entries.slice(Number(number) * 256, Number(number) * 256 + width)),
  };
};
