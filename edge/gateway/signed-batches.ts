import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { blocksOf, type Reading } from '@gridseal/protocol';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';
import { isBefore, type ChainPlace } from '../spool/chain-head.ts';
import { readJsonLines } from '../spool/json-lines.ts';
import { byChannelAndTime } from './reading-order.ts';

/** What was measured of the batches that a station signed, so that a file that is sent again is not signed again. */
export type SignedBatches = {
  /** Whether a batch of exactly these readings was signed. Their order does not matter. */
  readonly has: (measured: readonly Reading[]) => boolean;
  /** Notes that readings are about to be signed as the batch of a number; durable when it resolves. */
  readonly willSign: (measured: readonly Reading[], place: ChainPlace) => Promise<void>;
};

type Line = { readonly readings: string; readonly boot: number; readonly sequence: string };

const nameOf = (measured: readonly Reading[]): string =>
  createHash('sha256')
    .update(blocksOf(measured.toSorted(byChannelAndTime)))
    .digest('hex');

/**
 * Opens the list of a folder, one JSON line a batch. What was noted and never signed is taken out, so it must be open whenever
 * the station signs.
 *
 * @param next the number that the station signs next
 * @throws Error when a line other than the last is damaged
 */
export const openSignedBatches = async (folder: string, next: ChainPlace): Promise<SignedBatches> => {
  const file = join(folder, 'signed.jsonl');
  const lines = ((await readJsonLines(file)) as readonly Line[]).filter(({ boot, sequence }) =>
    isBefore({ boot, sequence: BigInt(sequence) }, next),
  );
  await writeDurableFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const names = new Set(lines.map(({ readings }) => readings));
  return {
    has: (measured) => names.has(nameOf(measured)),
    willSign: async (measured, { boot, sequence }) => {
      const line: Line = { readings: nameOf(measured), boot, sequence: String(sequence) };
      const handle = await open(file, 'a');
      try {
        await handle.appendFile(`${JSON.stringify(line)}\n`);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      names.add(line.readings);
    },
  };
};
