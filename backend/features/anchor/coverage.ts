import { decodeEntry } from '@gridseal/protocol';

import type { KeyDirectory } from '../chain/types.ts';
import type { HealthProbe } from '../health/types.ts';
import type { LogReader } from '../log/types.ts';
import type { AnchorCoverage } from '../receipts/types.ts';
import type { AnchorStore } from './anchor-store.ts';
import type { AnchorArchive, AnchorLiveness } from './types.ts';
import { describeForeign, type AnchorWatch } from './watch.ts';

/**
 * Says which anchor covers an index, as far as the chain was followed, and whether it is final: `finalityDepth` blocks lie
 * above it, and the proofs that a bundle needs are archived.
 */
export const createAnchorCoverage = (options: {
  readonly store: AnchorStore;
  readonly archive: Pick<AnchorArchive, 'evidenceFor'>;
  readonly directory: KeyDirectory;
  readonly finalityDepth: bigint;
}): AnchorCoverage => ({
  coverOf: async (index) => {
    const event = await options.store.coveringEvent(index);
    if (event === undefined) return undefined;
    const { size, root, transactionHash, blockNumber, blockHash, blockTime } = event;
    const head = options.directory.head()?.number ?? 0n;
    const isDeep = blockNumber + options.finalityDepth <= head;
    const final = isDeep && (await options.archive.evidenceFor(index)) !== undefined;
    return { size, root, transactionHash, blockNumber, blockHash, blockTime, final };
  },
});

/** In few words: what is public of a part's health is short. */
const STOLEN = 'the anchor key is stolen or the database older than its chain (docs/guide/stolen-key.md)';
const ENDED = `${STOLEN}, and without guardians the log cannot go on`;
const SHARED = 'somebody else has the anchor key (docs/guide/stolen-key.md)';
const WITHOUT_GUARDIANS =
  'the log was created without guardians: if its anchor key is stolen it cannot go on (docs/guide/stolen-key.md)';

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
  readonly watch: Pick<AnchorWatch, 'foreign' | 'usurped'>;
  /** Guardians who must agree to a new epoch; 0 = the log can have none. */
  readonly quorum: () => number;
}): HealthProbe => ({
  part: 'anchor',
  check: async () => {
    const foreign = options.watch.foreign();
    const usurped = options.watch.usurped();
    const quorum = options.quorum();
    const liveness = await readAnchorLiveness(options.log, options.store, options.epoch, Date.now());
    const { oldestUnanchoredMs, unfinished } = liveness;
    const late = oldestUnanchoredMs > 3 * options.intervalMs + 60_000;
    const isFailing = foreign !== undefined || oldestUnanchoredMs > options.deadlineMs;
    const status = isFailing ? 'failing' : late || quorum === 0 || usurped !== undefined ? 'degraded' : 'ok';
    const detail =
      foreign !== undefined
        ? `${quorum === 0 ? ENDED : STOLEN}: ${describeForeign(foreign)}`
        : usurped !== undefined
          ? `${SHARED}: ${usurped.transactionHash} anchored size ${usurped.size} before this service did`
          : unfinished !== undefined
            ? `size ${unfinished.size} is ${unfinished.status}`
            : quorum === 0
              ? WITHOUT_GUARDIANS
              : undefined;
    return {
      status,
      ...(detail === undefined ? {} : { detail }),
      figures: {
        oldestUnanchoredMs,
        unanchoredEntries: Number(liveness.publishedSize - liveness.anchoredSize),
        anchoredSize: Number(liveness.anchoredSize),
        unarchivedAnchors: liveness.unarchived,
        transactionsRepeated: unfinished?.attempt ?? 0,
        foreignAnchor: foreign === undefined ? 0 : 1,
        guardianQuorum: quorum,
      },
    };
  },
});
