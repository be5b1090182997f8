import { decodeEntry } from '@gridseal/protocol';

import type { KeyDirectory } from '../chain/types.ts';
import type { HealthProbe } from '../health/types.ts';
import type { LogReader } from '../log/types.ts';
import type { AnchorCoverage } from '../receipts/types.ts';
import type { AnchorStore } from './anchor-store.ts';
import type { AnchorArchive, AnchorLiveness } from './types.ts';

/**
 * Says which anchor covers an index, as far as the chain was followed, and whether it is final: `finalityDepth` blocks lie
 * above it, and the proofs that a bundle needs are archived.
 */
export const createAnchorCoverage = (options: {
  readonly store: AnchorStore;
  readonly archive: Pick<AnchorArchive, 'evidenceFor'>;
  readonly directory: KeyDirectory;
  readonly epoch: bigint;
  readonly finalityDepth: bigint;
}): AnchorCoverage => ({
  coverOf: async (index) => {
    const event = await options.store.coveringEvent(options.epoch, index);
    if (event === undefined) return undefined;
    const { size, root, transactionHash, blockNumber, blockHash, blockTime } = event;
    const head = options.directory.head()?.number ?? 0n;
    const isDeep = blockNumber + options.finalityDepth <= head;
    const final = isDeep && (await options.archive.evidenceFor(index)) !== undefined;
    return { size, root, transactionHash, blockNumber, blockHash, blockTime, final };
  },
});

/** Reads how far anchoring is behind the published log. @param now Unix milliseconds */
export const readAnchorLiveness = async (
  log: LogReader,
  store: AnchorStore,
  epoch: bigint,
  now: number,
): Promise<AnchorLiveness> => {
  const [head, newest, unfinished, unarchived] = await Promise.all([
    log.head(),
    store.newestEvent(epoch),
    store.unfinished(epoch),
    store.unarchivedCount(),
  ]);
  const publishedSize = head?.size ?? 0n;
  const anchoredSize = newest?.size ?? 0n;
  let oldestUnanchoredMs = 0;
  if (anchoredSize < publishedSize) {
    const { bytes } = await log.entry(anchoredSize);
    oldestUnanchoredMs = Math.max(0, now - Number(decodeEntry(bytes).operatorPart.receiptTimeMs));
  }
  return { publishedSize, anchoredSize, oldestUnanchoredMs, unfinished, unarchived };
};

/**
 * The anchor part of `/health`: degraded when an entry waits longer than three intervals, failing
 * when it waits beyond the deadline that receipts promise.
 */
export const createAnchorProbe = (options: {
  readonly log: LogReader;
  readonly store: AnchorStore;
  readonly epoch: bigint;
  readonly intervalMs: number;
  readonly deadlineMs: number;
}): HealthProbe => ({
  part: 'anchor',
  check: async () => {
    const liveness = await readAnchorLiveness(options.log, options.store, options.epoch, Date.now());
    const { oldestUnanchoredMs, unfinished } = liveness;
    const late = oldestUnanchoredMs > 3 * options.intervalMs + 60_000;
    const status = oldestUnanchoredMs > options.deadlineMs ? 'failing' : late ? 'degraded' : 'ok';
    return {
      status,
      ...(unfinished === undefined ? {} : { detail: `size ${unfinished.size} is ${unfinished.status}` }),
      figures: {
        oldestUnanchoredMs,
        unanchoredEntries: Number(liveness.publishedSize - liveness.anchoredSize),
        anchoredSize: Number(liveness.anchoredSize),
        unarchivedAnchors: liveness.unarchived,
        transactionsRepeated: unfinished?.attempt ?? 0,
      },
    };
  },
});
