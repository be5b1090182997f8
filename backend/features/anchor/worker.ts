import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import { toHex, type Hex } from '@gridseal/protocol';
import { encodeFunctionData, type PublicClient } from 'viem';

import type { Logger } from '../../adapters/logger/logger.ts';
import type { StepOutcome } from '../../worker/poller.ts';
import type { Follower } from '../chain/follower.ts';
import type { Outbox } from '../chain/outbox.ts';
import type { ChainBinding, KeyDirectory } from '../chain/types.ts';
import { BlockError } from '../../ethereum/errors.ts';
import type { LogReader, PublishedHead } from '../log/types.ts';
import type { PayloadMover } from '../payloads/mover.ts';
import type { AnchorArchivist } from './archive/archivist.ts';
import { ArchiveError } from './archive/errors.ts';
import type { AnchorStore } from './anchor-store.ts';
import { AnchorError } from './errors.ts';
import type { ManifestBuilder } from './manifest-builder.ts';
import type { Anchor, AnchorPolicy } from './types.ts';
import { haltedBy, type AnchorWatch } from './watch.ts';

/** Blocks whose state every full node keeps. Beyond them a missing state is final. */
const STATE_KEPT = 64n;
const NO_ROOT: Hex = `0x${'0'.repeat(64)}`;

/** Takes one anchor at a time from a published checkpoint to archived evidence. */
export type AnchorWorker = {
  /** Does the next thing there is to do; safe to repeat after a crash at any point. */
  readonly step: () => Promise<StepOutcome>;
};

/**
 * Creates the worker. What it did is in tables before it acts on it, so that each step starts from
 * what is true: the published head, the content store, the outbox and the followed chain.
 *
 * @param holdsLease whether this process is the one that anchors
 */
export const createAnchorWorker = (options: {
  readonly log: LogReader;
  readonly client: PublicClient;
  readonly binding: ChainBinding;
  readonly directory: KeyDirectory;
  readonly follower: Pick<Follower, 'catchUp'>;
  readonly outbox: Outbox;
  readonly store: AnchorStore;
  readonly mover: Pick<PayloadMover, 'moveBelow'>;
  readonly manifests: ManifestBuilder;
  readonly archivist: AnchorArchivist;
  readonly policy: AnchorPolicy;
  /** The published checkpoint to anchor next. */
  readonly candidate: () => Promise<PublishedHead | undefined>;
  readonly holdsLease: () => Promise<boolean>;
  readonly watch: AnchorWatch;
  readonly logger: Logger;
}): AnchorWorker => {
  const { log, client, binding, directory, follower, outbox, store, watch, policy, logger } = options;

  const choose = async (): Promise<StepOutcome> => {
    const head = await options.candidate();
    if (head === undefined || head.size === 0n) return 'idle';
    const last = await store.last(head.epoch);
    const isEarlier = last !== undefined && last.epoch < head.epoch;
    // A new epoch begins with a state that is anchored already, and may be older than what was anchored before.
    const anchored = isEarlier ? await store.newestEvent(head.epoch) : last;
    const waiting = head.size - (anchored?.size ?? 0n);
    if (waiting <= 0n) return 'idle';
    const sinceLastMs = await store.sinceLastMs(head.epoch);
    const due = sinceLastMs === undefined || sinceLastMs >= policy.intervalMs;
    if (!due && waiting < BigInt(policy.maxEntries)) return 'idle';
    await store.choose(head, last?.size ?? 0n);
    return 'more';
  };

  const pin = async (anchor: Anchor): Promise<StepOutcome> => {
    const previous = await store.last(anchor.epoch);
    await options.mover.moveBelow(anchor.size);
    const manifest = await options.manifests.store(anchor, previous);
    await store.setManifest(anchor.id, manifest);
    return 'more';
  };

  const chainHead = async () => {
    const { epoch, size } = await client.readContract({
      address: binding.evidenceLog,
      abi: evidenceLogAbi,
      functionName: 'head',
      args: [binding.logId],
    });
    return { epoch: BigInt(epoch), size };
  };

  const submit = async (anchor: Anchor): Promise<StepOutcome> => {
    if (anchor.manifest === undefined) throw new RangeError(`anchor ${anchor.id} has no manifest`);
    const head = await chainHead();
    if (head.epoch !== anchor.epoch) {
      throw new AnchorError('epoch-differs', { expected: anchor.epoch, actual: head.epoch });
    }
    const seen = await store.newestEvent(anchor.epoch);
    if (seen !== undefined && seen.size > head.size) {
      // A proof from where this node stands would be refused on the chain, and paid for.
      logger.warn(
        { size: head.size.toString(), seen: seen.size.toString() },
        'the node is behind what was followed; the anchor waits',
      );
      return 'idle';
    }
    if (head.size > anchor.size) {
      await store.move(anchor.id, 'pinned', 'superseded');
      return 'more';
    }
    if (head.size < anchor.size) {
      const first = head.size === 0n;
      const proof = first
        ? []
        : (await log.consistencyProof(head.size, anchor.size)).map((hash) => toHex(hash));
      const previousRoot = first ? NO_ROOT : toHex(await log.root(head.size));
      const manifest = toHex(anchor.manifest.multihash.digest);
      const data = encodeFunctionData({
        abi: evidenceLogAbi,
        functionName: 'anchor',
        args: [binding.logId, anchor.size, anchor.root, previousRoot, proof, manifest],
      });
      await outbox.submit({ reference: referenceOf(anchor), to: binding.evidenceLog, data });
    }
    await store.move(anchor.id, 'pinned', 'submitted');
    return 'more';
  };

  const confirm = async (anchor: Anchor): Promise<StepOutcome> => {
    await outbox.step();
    const transaction = await outbox.find(referenceOf(anchor));
    const event = await store.event(anchor.epoch, anchor.size);
    if (event !== undefined) {
      await store.move(anchor.id, 'submitted', 'confirmed');
      const { transactionHash, blockNumber } = event;
      const where = { size: anchor.size.toString(), transactionHash, block: blockNumber.toString() };
      logger.info(where, 'checkpoint anchored');
      return 'more';
    }
    const newest = await store.newestEvent(anchor.epoch);
    if (newest !== undefined && newest.size > anchor.size) {
      await store.move(anchor.id, 'submitted', 'superseded');
      return 'more';
    }
    if (transaction === undefined || transaction.status === 'reverted' || transaction.status === 'lost') {
      const status = transaction?.status ?? 'absent';
      logger.warn(
        { size: anchor.size.toString(), status },
        'an anchor transaction did not land; sending another',
      );
      await store.retry(anchor.id);
      return 'more';
    }
    return 'idle';
  };

  const archive = async (anchor: Anchor): Promise<StepOutcome> => {
    const event = await store.event(anchor.epoch, anchor.size);
    if (event === undefined) return 'idle';
    try {
      await options.archivist.archive(anchor, event);
    } catch (error) {
      const head = directory.head()?.number ?? 0n;
      const gone = error instanceof ArchiveError && error.code === 'StateUnavailable';
      if (!gone || head - event.blockNumber < STATE_KEPT) throw error;
      logger.error(
        { err: error, size: anchor.size.toString() },
        'the anchor cannot be proven offline any more',
      );
      await store.move(anchor.id, 'confirmed', 'unprovable');
      return 'more';
    }
    await store.move(anchor.id, 'confirmed', 'archived');
    return 'more';
  };

  /**
   * Archives the oldest anchor without evidence. When that cannot be had, the newest one's will do: it covers all entries
   * since the last that was archived.
   */
  const archiveNext = async (): Promise<StepOutcome> => {
    const unarchived = await store.unarchived(binding.epoch);
    const [oldest, newest] = [unarchived[0], unarchived.at(-1)];
    if (oldest === undefined || newest === undefined) return 'idle';
    try {
      return await archive(oldest);
    } catch (error) {
      const isRefused = error instanceof ArchiveError || error instanceof BlockError;
      if (newest.id === oldest.id || !isRefused) throw error;
      logger.warn(
        { err: error, size: oldest.size.toString() },
        'the evidence of a newer anchor is taken instead',
      );
      if ((await archive(newest)) === 'idle') throw error;
      for (const { id } of unarchived.slice(0, -1)) await store.move(id, 'confirmed', 'unprovable');
      return 'more';
    }
  };

  const advance = (anchor: Anchor): Promise<StepOutcome> => {
    if (anchor.status === 'chosen') return pin(anchor);
    if (anchor.status === 'pinned') return submit(anchor);
    return confirm(anchor);
  };

  /** With a stranger's anchor ahead of ours, nothing new can land; what landed before is still taken note of. */
  const settleOnly = async (anchor: Anchor | undefined): Promise<StepOutcome> => {
    if (anchor?.status !== 'submitted') return 'idle';
    if ((await store.event(anchor.epoch, anchor.size)) === undefined) return 'idle';
    return confirm(anchor);
  };

  return {
    step: async () => {
      if (!(await options.holdsLease())) return 'idle';
      await follower.catchUp();
      await watch.look();
      await store.settleEarlier(binding.epoch);
      const reopened = await store.reopenReplaced(directory.head()?.number ?? 0n);
      if (reopened > 0)
        logger.warn({ reopened }, 'anchors were undone by a reorganisation and are sent again');
      let failure: { readonly error: unknown } | undefined;
      try {
        if ((await archiveNext()) === 'more') return 'more';
      } catch (error) {
        // Evidence that cannot be had yet keeps no anchor waiting: receipts promise those, and a new one may bring it.
        failure = { error };
      }
      const anchor = await store.unfinished(binding.epoch);
      const outcome = await (haltedBy(watch) !== undefined
        ? settleOnly(anchor)
        : anchor === undefined
          ? choose()
          : advance(anchor));
      if (failure !== undefined && outcome === 'idle') throw failure.error;
      return outcome;
    },
  };
};

const referenceOf = (anchor: Anchor): string => `anchor:${anchor.epoch}:${anchor.size}:${anchor.attempt}`;
