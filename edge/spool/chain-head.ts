import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';
import type { Hex } from '@gridseal/protocol';

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
export const readChainHead = async (folder: string, lane: number): Promise<ChainHead> => {
  let text: string;
  try {
    text = await readFile(join(folder, 'head.json'), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return firstHead(lane);
    throw cause;
  }
  const head = JSON.parse(text) as { lane: number; boot: number; sequence: string; previous: Hex };
  return { ...head, sequence: BigInt(head.sequence) };
};

/** Writes the head durably: after this returns no restart signs the same sequence twice. */
export const writeChainHead = (folder: string, head: ChainHead): Promise<void> =>
  writeDurableFile(join(folder, 'head.json'), JSON.stringify({ ...head, sequence: String(head.sequence) }));
