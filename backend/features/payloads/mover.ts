import type { Logger } from '../../adapters/logger/logger.ts';
import { linkList, type Block } from '../../content/blocks.ts';
import { requireStored } from '../../content/dag.ts';
import type { StepOutcome } from '../../worker/poller.ts';
import { createTurns } from '../../worker/turns.ts';
import type { Segments } from './segments.ts';
import type { ContentStore, PayloadSource, PendingPayload, Segment } from './types.ts';

/** Moves sealed payloads of sequenced entries from PostgreSQL to the content store. */
export type PayloadMover = {
  /** Moves one segment, if enough is waiting. */
  readonly step: () => Promise<StepOutcome>;
  /** Moves segments until everything below `size` is in the content store. */
  readonly moveBelow: (size: bigint) => Promise<void>;
};

/** Entries in a segment at most: its CAR is built and verified in one piece. */
const SEGMENT_ENTRIES = 4_096n;

/**
 * Creates the mover. PostgreSQL keeps a payload until its segment's CAR was imported, pinned and
 * read back block by block from the content store itself.
 *
 * @param publishedSize size of the newest published checkpoint; nothing above it moves
 */
export const createPayloadMover = (options: {
  readonly source: PayloadSource;
  readonly store: ContentStore;
  readonly segments: Segments;
  readonly publishedSize: () => Promise<bigint>;
  readonly logger: Logger;
}): PayloadMover => {
  const { source, store, segments, publishedSize, logger } = options;

  const moveSegment = async (fromIndex: bigint, toIndex: bigint): Promise<void> => {
    const payloads: PendingPayload[] = [];
    const turn = createTurns();
    for await (const payload of source.payloads(fromIndex, toIndex)) {
      payloads.push(payload);
      await turn();
    }
    const segment = await storeSegment(store, { fromIndex, toIndex }, payloads);
    // What another process recorded for this range may end earlier: it says what may be released.
    if (!(await segments.record(segment))) return;
    await source.release(toIndex);
    const { payloadCount, payloadBytes } = segment;
    const range = { from: fromIndex.toString(), to: toIndex.toString() };
    logger.info({ ...range, root: segment.root.toString(), payloadCount, payloadBytes }, 'segment stored');
  };

  let last: Promise<unknown> = Promise.resolve();
  /** Runs after what was asked before: the anchor worker and the mover's own worker share this one. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const moveAllBelow = async (size: bigint): Promise<void> => {
    for (let from = await segments.storedBelow(); from < size; from = await segments.storedBelow()) {
      await moveSegment(from, size < from + SEGMENT_ENTRIES ? size : from + SEGMENT_ENTRIES);
    }
  };

  const moveFullSegment = async (): Promise<StepOutcome> => {
    const [from, size] = [await segments.storedBelow(), await publishedSize()];
    if (size - from < SEGMENT_ENTRIES) return 'idle';
    await moveSegment(from, from + SEGMENT_ENTRIES);
    return 'more';
  };

  return {
    moveBelow: (size) => inTurn(() => moveAllBelow(size)),
    step: () => inTurn(moveFullSegment),
  };
};

const storeSegment = async (
  store: ContentStore,
  range: Pick<Segment, 'fromIndex' | 'toIndex'>,
  payloads: readonly PendingPayload[],
): Promise<Segment> => {
  const { root, blocks: lists } = await linkList(payloads.map((payload) => payload.cid));
  await store.importBlocks(root, [...lists, ...payloads]);
  const cidsOf = (blocks: readonly Block[]) => blocks.map(({ cid }) => cid);
  const payloadBytes = await requireStored(store.getAll, cidsOf(payloads));
  await requireStored(store.getAll, cidsOf(lists));
  return { ...range, root, payloadCount: payloads.length, payloadBytes };
};
