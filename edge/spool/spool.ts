import { join } from 'node:path';
import { listIfThere, nodeDisk, readIfThere, type Disk } from './disk.ts';
import { encodeRecord, placeAt, scanSegment, type RecordPlace, type WaitingBatch } from './record.ts';
import { openSegmentFiles, segmentName, type SegmentFiles } from './segment-files.ts';

/** Batches signed and not yet receipted, on disk. */
export type Spool = {
  /** Makes a batch durable. Sequences only grow. Nothing may be sent before this resolves. */
  readonly put: (batch: WaitingBatch) => Promise<void>;
  /** Takes back what a `put` that failed left on disk. Until this resolves its number may be taken after a restart. */
  readonly settle: () => Promise<void>;
  /** Sequences that wait, oldest first. */
  readonly waiting: () => readonly bigint[];
  /** Batches of sequences that wait, as they were put. @throws SpoolError `spool-damaged` */
  readonly read: (sequences: readonly bigint[]) => Promise<readonly WaitingBatch[]>;
  /** Forgets batches that have receipts; a cut before this resolves only means that they are sent again. */
  readonly acknowledge: (sequences: readonly bigint[]) => Promise<void>;
  /** Puts a batch aside that the service refuses for good, with the reason beside it. */
  readonly setAside: (sequence: bigint, reason: string) => Promise<void>;
  /** Whether a batch was put aside. */
  readonly isRefused: (sequence: bigint) => boolean;
  /** Whether a sequence is here, or was and is done. */
  readonly knows: (sequence: bigint) => boolean;
};

/** A spool whose files hold something else than was written. It must not be guessed what was lost. */
export class SpoolError extends Error {
  override readonly name = 'SpoolError';
  readonly code = 'spool-damaged';
  readonly file: string;
  readonly at: number;
  constructor(file: string, at: number) {
    super(`${file} is damaged at byte ${at}: a batch that was signed can no longer be read`);
    this.file = file;
    this.at = at;
  }
}

const SEGMENT_BYTES = 8 * 1024 * 1024;

type Place = RecordPlace & { readonly segment: string };
type Done = { readonly below: bigint; readonly also: ReadonlySet<bigint> };

/**
 * Opens the spool of a folder: segments of records, each written and synced before it counts. A record that a power cut tore is
 * cut off; a record that is damaged otherwise is an error, never left out.
 *
 * @throws SpoolError `spool-damaged`
 * @example
 * const spool = await openSpool(folder)
 * await spool.put({ sequence: 7n, item })
 */
export const openSpool = async (
  folder: string,
  files?: SegmentFiles,
  segmentBytes = SEGMENT_BYTES,
  disk: Disk = nodeDisk,
): Promise<Spool> => {
  const segments = files ?? (await openSegmentFiles(folder, disk));
  const doneFile = join(folder, 'done.json');
  const refused = join(folder, 'refused');
  const places = new Map<bigint, Place>();
  const ends = new Map<string, number>();
  let done = await readDone(doneFile, disk);
  const setAside = new Set(await listRefused(refused, disk));
  let last: bigint | undefined;

  const names = await segments.list();
  for (const name of names) {
    const { records, end, isDamaged } = scanSegment(await segments.read(name));
    const isTorn = (await segments.read(name)).length > end;
    if (isTorn && (isDamaged || name !== names.at(-1))) throw new SpoolError(join(folder, name), end);
    if (isTorn) await segments.truncate(name, end);
    for (const record of records) {
      places.set(record.sequence, { ...record, segment: name });
      last = record.sequence;
    }
    ends.set(name, end);
  }

  const isDone = (sequence: bigint): boolean => sequence < done.below || done.also.has(sequence);
  const waiting = (): readonly bigint[] => [...places.keys()].filter((sequence) => !isDone(sequence));

  /** Segments all of whose batches are done go; the one that is written to stays. */
  const tidy = async (): Promise<void> => {
    const needed = new Set(waiting().map((sequence) => places.get(sequence)?.segment));
    const active = [...ends.keys()].at(-1);
    for (const name of [...ends.keys()]) {
      if (needed.has(name) || name === active) continue;
      await segments.remove(name);
      ends.delete(name);
      for (const [sequence, { segment }] of places) if (segment === name) places.delete(sequence);
    }
  };

  const acknowledge = async (sequences: readonly bigint[]): Promise<void> => {
    if (sequences.length === 0) return;
    const also = new Set([...done.also, ...sequences]);
    const rest = [...places.keys()].filter((sequence) => sequence >= done.below && !also.has(sequence));
    const below = rest[0] ?? (last ?? -1n) + 1n;
    done = { below, also: new Set([...also].filter((sequence) => sequence > below)) };
    const text = JSON.stringify({ below: String(done.below), also: [...done.also].map(String) });
    await disk.replace(doneFile, text);
    await tidy();
  };

  const read = async (sequences: readonly bigint[]): Promise<readonly WaitingBatch[]> => {
    const batches: WaitingBatch[] = [];
    for (const sequence of sequences) {
      const place = places.get(sequence);
      if (place === undefined) throw new RangeError(`no batch ${sequence} waits`);
      const item = await segments.readAt(place.segment, place.at, place.length);
      if (item.length !== place.length) throw new SpoolError(join(folder, place.segment), place.at);
      batches.push({ sequence, item });
    }
    return batches;
  };

  /** Where a write failed: what of it is on disk must go before anything else is signed under its number. */
  let torn: { readonly segment: string; readonly at: number } | undefined;
  const settle = async (): Promise<void> => {
    if (torn === undefined) return;
    const { segment, at } = torn;
    if ((await segments.list()).includes(segment)) await segments.truncate(segment, at);
    torn = undefined;
  };

  return {
    settle,
    put: async (batch) => {
      if (last !== undefined && batch.sequence <= last)
        throw new RangeError(`batch ${batch.sequence} comes after ${last}`);
      const active = [...ends.keys()].at(-1);
      const isFull = active === undefined || (ends.get(active) ?? 0) >= segmentBytes;
      const segment = isFull ? segmentName(batch.sequence) : active;
      const at = isFull ? 0 : (ends.get(segment) ?? 0);
      const bytes = encodeRecord(batch);
      await settle();
      torn = { segment, at };
      await segments.append(segment, at, bytes);
      torn = undefined;
      ends.set(segment, at + bytes.length);
      places.set(batch.sequence, { ...placeAt(at, batch), segment });
      last = batch.sequence;
    },
    waiting,
    read,
    acknowledge,
    setAside: async (sequence, reason) => {
      const [batch] = await read([sequence]);
      const name = join(refused, `${String(sequence).padStart(16, '0')}.batch`);
      await disk.replace(name, batch?.item ?? new Uint8Array(0));
      await disk.replace(`${name}.reason`, `${reason}\n`);
      setAside.add(sequence);
      await acknowledge([sequence]);
    },
    isRefused: (sequence) => setAside.has(sequence) && isDone(sequence),
    knows: (sequence) => isDone(sequence) || places.has(sequence),
  };
};

const REFUSED = /^(\d{16,})\.batch$/u;

const listRefused = async (folder: string, disk: Disk): Promise<readonly bigint[]> =>
  (await listIfThere(disk, folder)).flatMap((name) => REFUSED.exec(name)?.[1] ?? []).map(BigInt);

const readDone = async (file: string, disk: Disk): Promise<Done> => {
  const bytes = await readIfThere(disk, file);
  if (bytes === undefined) return { below: 0n, also: new Set() };
  const text = new TextDecoder().decode(bytes);
  const { below, also } = JSON.parse(text) as { readonly below: string; readonly also: readonly string[] };
  return { below: BigInt(below), also: new Set(also.map(BigInt)) };
};
