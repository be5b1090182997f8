import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DurableFiles } from '../durable-file/durable-files.ts';
import { entriesOfPack, readRanges } from './pack-file.ts';
import {
  decodeEntry,
  encodePackIndex,
  entryRange,
  readPrefixes,
  type PackEntry,
  type PackPrefixes,
} from './pack-index.ts';

/** One CAR of the blockstore with its index. Damage to it is its own: it holds fewer blocks, and the others all of theirs. */
export type Pack = {
  readonly name: string;
  /** Prefixes of what it holds, read when they are first asked for. @throws what reading throws, except for damage */
  readonly index: () => Promise<PackPrefixes>;
  readonly entries: (positions: readonly number[]) => Promise<readonly (PackEntry | undefined)[]>;
  /** Blocks by where they lie; `undefined` where the pack ends before. */
  readonly blocks: (entries: readonly PackEntry[]) => Promise<readonly (Uint8Array | undefined)[]>;
  /** Looks at its files without reading them, for what shows that way. */
  readonly look: () => Promise<void>;
  /** What is wrong with it, as far as it was looked at; `undefined` where nothing is. */
  readonly damage: () => string | undefined;
  /** Whether it holds these bytes, byte by byte. */
  readonly isExactly: (bytes: Uint8Array) => Promise<boolean>;
};

type Loaded = {
  readonly prefixes: PackPrefixes;
  /** Of a pack without an index that can be read to a point only: written down nowhere. */
  readonly partial?: readonly PackEntry[];
  readonly damage?: string;
  /** What the files looked like: damaged ones are read again when somebody has touched them. */
  readonly seen: string;
};

const NOTHING: PackPrefixes = { prefixes: new Uint32Array(), blockBytes: 0, end: 0 };

export const indexPathOf = (folder: string, pack: string): string =>
  join(folder, pack.replace(/\.car$/, '.idx'));

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const lookAt = async (
  path: string,
): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> => {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** Opens a pack without reading it. */
export const openPack = (folder: string, name: string, files: DurableFiles): Pack => {
  const path = join(folder, name);
  const indexPath = indexPathOf(folder, name);
  let loaded: Loaded | undefined;
  let loading: Promise<Loaded> | undefined;

  const look = async () => {
    const [pack, index] = await Promise.all([lookAt(path), lookAt(indexPath)]);
    return {
      size: pack?.size,
      hasIndex: index !== undefined,
      seen: [pack, index].map((file) => `${file?.size} ${file?.mtimeMs}`).join(', '),
    };
  };

  const load = async (): Promise<Loaded> => {
    const { size, seen } = await look();
    const bytes = await files.read(indexPath);
    const known = bytes === undefined ? undefined : readPrefixes(bytes);
    if (size === undefined) return { prefixes: NOTHING, damage: 'is gone', seen };
    if (size === 0) return { prefixes: NOTHING, damage: 'is empty', seen };
    if (known !== undefined)
      return { prefixes: known, seen, ...(known.end > size ? { damage: 'ends too early' } : {}) };
    const found = await entriesOfPack((await files.read(path)) ?? new Uint8Array());
    const made = encodePackIndex(found.entries);
    const prefixes = readPrefixes(made) ?? NOTHING;
    if (found.isWhole) {
      await files.write(indexPath, made);
      return { prefixes, seen: (await look()).seen };
    }
    const partial = found.entries.toSorted((a, b) => Buffer.compare(a.digest, b.digest));
    return { prefixes, partial, damage: 'cannot be read to its end', seen };
  };

  /** Loads once for all who ask meanwhile; a failure is not remembered, and damage until the files have changed. */
  const current = async (): Promise<Loaded> =>
    loaded !== undefined && (loaded.damage === undefined || (await look()).seen === loaded.seen)
      ? loaded
      : reload();
  const reload = async (): Promise<Loaded> => {
    loading ??= load().finally(() => (loading = undefined));
    loaded = await loading;
    return loaded;
  };

  const noteDamage = async (damage: string): Promise<void> => {
    const { seen } = await look();
    loaded = { prefixes: NOTHING, ...loaded, damage, seen };
  };

  /** Ranges of a file, each whole or `undefined`. */
  const ranges = async (
    file: string,
    asked: readonly { readonly at: number; readonly length: number }[],
  ): Promise<(Uint8Array | undefined)[]> => {
    try {
      const found = await readRanges(file, asked);
      return found.map((bytes, i) => (bytes.length === asked[i]!.length ? bytes : undefined));
    } catch (error) {
      if (!isMissing(error)) throw error;
      return asked.map(() => undefined);
    }
  };

  return {
    name,
    index: async () => (await current()).prefixes,
    entries: async (positions) => {
      const { partial } = await current();
      if (partial !== undefined) return positions.map((position) => partial[position]);
      const found = await ranges(indexPath, positions.map(entryRange));
      // Changed under us: it is made again from the pack when it is needed next.
      if (found.includes(undefined)) loaded = undefined;
      return found.map((bytes) => bytes && decodeEntry(bytes));
    },
    blocks: async (entries) => {
      const found = await ranges(
        path,
        entries.map(({ offset, length }) => ({ at: offset, length })),
      );
      if (found.includes(undefined)) await noteDamage('ends too early');
      return found;
    },
    look: async () => {
      const { size, hasIndex } = await look();
      if (size === undefined || size === 0 || !hasIndex || loaded?.damage !== undefined) await reload();
      else if (loaded !== undefined && loaded.prefixes.end > size) await noteDamage('ends too early');
    },
    damage: () => loaded?.damage,
    isExactly: async (bytes) => {
      const held = await files.read(path);
      return (
        held !== undefined && Buffer.compare(held, bytes) === 0 && (await current()).damage === undefined
      );
    },
  };
};
