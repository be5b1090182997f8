import { join } from 'node:path';
import type { Hex } from '@gridseal/protocol';
import { nodeDisk, readIfThere, type Disk } from './disk.ts';

/** Where an author's statement chain continues: the next sequence and the digest before it. */
export type ChainHead = {
  readonly lane: number;
  readonly boot: number;
  readonly sequence: bigint;
  readonly previous: Hex;
};

/** A number of a station's chain. Numbers begin again with each boot. */
export type ChainPlace = Pick<ChainHead, 'boot' | 'sequence'>;

/** Whether a place comes before another one of the same chain. */
export const isBefore = (one: ChainPlace, other: ChainPlace): boolean =>
  one.boot < other.boot || (one.boot === other.boot && one.sequence < other.sequence);

const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`;

/** The head of a chain nothing was signed in. */
export const firstHead = (lane: number): ChainHead => ({ lane, boot: 0, sequence: 0n, previous: ZERO_HASH });

/** Reads the head a gateway wrote, or the first one when it never did. */
export const readChainHead = async (
  folder: string,
  lane: number,
  disk: Disk = nodeDisk,
): Promise<ChainHead> => {
  const bytes = await readIfThere(disk, join(folder, 'head.json'));
  if (bytes === undefined) return firstHead(lane);
  const text = new TextDecoder().decode(bytes);
  const head = JSON.parse(text) as { lane: number; boot: number; sequence: string; previous: Hex };
  return { ...head, sequence: BigInt(head.sequence) };
};

/** Writes the head durably: after this returns no restart signs the same sequence twice. */
export const writeChainHead = (folder: string, head: ChainHead, disk: Disk = nodeDisk): Promise<void> =>
  disk.replace(join(folder, 'head.json'), JSON.stringify({ ...head, sequence: String(head.sequence) }));
