import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { blocksOf, type Reading } from '@gridseal/protocol';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';
import { isBefore, type ChainPlace } from '../spool/chain-head.ts';
import { readJsonLines } from '../spool/json-lines.ts';
import { byChannelAndTime } from './reading-order.ts';

/** What was measured of the batches that a station signed, so that a file that is sent again, or has grown, is not signed again. */
export type SignedBatches = {
  /**
   * Those readings that no batch holds, oldest first. A batch is known by all readings between its oldest and its newest: where
   * one of them was changed, added or taken away, the others of that batch count as unsigned.
   */
  readonly unsigned: (measured: readonly Reading[]) => readonly Reading[];
  /** Whether a batch holds readings from before a time and others from it on: what is asked for must not be cut there. */
  readonly straddles: (timeMs: bigint) => boolean;
  /** Notes that readings are about to be signed as the batch of a number; durable when it resolves. */
  readonly willSign: (measured: readonly Reading[], place: ChainPlace) => Promise<void>;
};

type Line = {
  /** SHA-256 of the readings, in hex. */
  readonly readings: string;
  readonly count: number;
  /** Times of the oldest and the newest of them, Unix milliseconds. */
  readonly from: string;
  readonly to: string;
  readonly boot: number;
  readonly sequence: string;
};

type Span = { readonly from: bigint; readonly to: bigint };

const spanOf = ({ from, to }: Line): Span => ({ from: BigInt(from), to: BigInt(to) });

const nameOf = (measured: readonly Reading[]): string =>
  createHash('sha256')
    .update(blocksOf(measured.toSorted(byChannelAndTime)))
    .digest('hex');

const byTime = (a: Reading, b: Reading): number => (a.timeMs < b.timeMs ? -1 : a.timeMs > b.timeMs ? 1 : 0);

/** Index of the first reading not older than a time. */
const firstFrom = (sorted: readonly Reading[], timeMs: bigint): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.timeMs ?? timeMs) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
};

/**
 * Opens the list of a folder, one JSON line a batch. What was noted and never signed is taken out, so it must be open whenever
 * the station signs.
 *
 * @param next the number that the station signs next
 * @param isRefused whether the service refused a batch for good: what was measured of it counts as unsigned
 * @throws Error when a line other than the last is damaged
 */
export const openSignedBatches = async (
  folder: string,
  next: ChainPlace,
  isRefused: (sequence: bigint) => boolean = () => false,
): Promise<SignedBatches> => {
  const file = join(folder, 'signed.jsonl');
  const lines = ((await readJsonLines(file)) as readonly Line[]).filter(({ boot, sequence }) =>
    isBefore({ boot, sequence: BigInt(sequence) }, next),
  );
  await writeDurableFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const spans = lines.map(spanOf);
  return {
    straddles: (timeMs) => spans.some(({ from, to }) => from < timeMs && timeMs <= to),
    unsigned: (measured) => {
      const sorted = measured.toSorted(byTime);
      const signed = new Set<Reading>();
      const [first, last] = [sorted[0]?.timeMs ?? 0n, sorted.at(-1)?.timeMs ?? 0n];
      for (const [i, { readings, count, sequence }] of lines.entries()) {
        const { from, to } = spans[i]!;
        if (from < first || to > last || isRefused(BigInt(sequence))) continue;
        const within = sorted.slice(firstFrom(sorted, from), firstFrom(sorted, to + 1n));
        if (within.length === count && nameOf(within) === readings)
          for (const reading of within) signed.add(reading);
      }
      return sorted.filter((reading) => !signed.has(reading));
    },
    willSign: async (measured, { boot, sequence }) => {
      const sorted = measured.toSorted(byTime);
      const line: Line = {
        readings: nameOf(measured),
        count: measured.length,
        from: String(sorted[0]?.timeMs ?? 0n),
        to: String(sorted.at(-1)?.timeMs ?? 0n),
        boot,
        sequence: String(sequence),
      };
      const handle = await open(file, 'a');
      try {
        await handle.appendFile(`${JSON.stringify(line)}\n`);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      lines.push(line);
      spans.push(spanOf(line));
    },
  };
};
