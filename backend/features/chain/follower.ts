import type { Hex, Log, PublicClient } from 'viem';

import type { Database } from '../../adapters/postgres/database.ts';
import { mayHoldEvents, requireLogs } from './block-logs.ts';
import { fetchBlockAt, type RpcBlock } from '../../ethereum/fetch.ts';
import type { MemoryDirectory } from './directory.ts';
import { ChainError } from './errors.ts';
import { contractsOf, decodeEvents } from './events.ts';
import { appliedBlocks, applyStretch, type RegistryChangeQueue } from './follower-store.ts';
import { createLogRange } from './log-range.ts';
import type { StepOutcome } from '../../worker/poller.ts';
import type { BlockRef, ChainBinding } from './types.ts';

/** Headers kept below the head beyond the finality depth: room for deep forks and `notBefore` checks. */
const RECENT_BLOCKS = 512n;
const WIDEST_RANGE = 2_000n;
/** A node that lags behind the others of its balancer shows a shorter chain for seconds; one that was set back, for good. */
const SHORTER_FOR_MS = 15_000;

/** Follows registry, anchor and promise events into the database; see `docs/guide` for how authority uses them. */
export type Follower = {
  /** Applies the next stretch of the chain, rewinding first where the chain was reorganised. */
  readonly step: () => Promise<StepOutcome>;
  /** Steps until the follower's head is the chain's. */
  readonly catchUp: () => Promise<void>;
  /** The chain's newest block at the last step, to compare with the directory's head. */
  readonly chainHead: () => BlockRef | undefined;
};

/**
 * Creates the follower. It reads logs range by range and trusts none of them alone: headers must hash to their blocks'
 * hashes and link to the block before, and the logs of a block must be those that its receipts hold, else the step fails
 * and is tried again. Of blocks older than what is kept below the head only those are read that have logs: what a node
 * leaves out there is not noticed.
 *
 * @param firstBlock where the contracts' history begins; nothing below it is read
 * @param queue takes registry changes that reached finality, in the same transaction
 */
export const createFollower = (options: {
  readonly client: PublicClient;
  readonly database: Database;
  readonly binding: ChainBinding;
  readonly directory: MemoryDirectory;
  readonly firstBlock: bigint;
  readonly queue: RegistryChangeQueue;
  /** Owners whose registry changes the log records before their identities have a statement; undefined is everybody. */
  readonly loggedOwners?: readonly Hex[] | undefined;
  /** How long a chain must have been shorter, and otherwise the same, until what it lacks is undone. */
  readonly shorterForMs?: number;
}): Follower => {
  const { client, database, binding, directory, firstBlock, queue, loggedOwners } = options;
  const keepBlocks = binding.finalityDepth + RECENT_BLOCKS;
  const range = createLogRange(WIDEST_RANGE);
  let chainHead: BlockRef | undefined;
  let shorterSince: number | undefined;

  const header = async (number: bigint): Promise<Header> => {
    const block = await fetchBlockAt(client, number);
    const { hash, timestamp, parentHash } = block;
    return { number, hash, time: BigInt(timestamp), parentHash, block };
  };

  const forkPoint = async (latest: bigint): Promise<BlockRef | undefined> => {
    for (const block of await appliedBlocks(database, Number(keepBlocks) + 1)) {
      if (block.number <= latest && (await header(block.number)).hash === block.hash) return block;
    }
    return undefined;
  };

  /** Whether the node has only not seen yet what was applied already. */
  const lags = async (latest: BlockRef, previousHead: BlockRef | undefined): Promise<boolean> => {
    const isShorter = previousHead !== undefined && latest.number < previousHead.number;
    const applied = isShorter ? await appliedBlocks(database, Number(keepBlocks) + 1) : [];
    if (applied.find(({ number }) => number === latest.number)?.hash !== latest.hash) {
      shorterSince = undefined;
      return false;
    }
    shorterSince ??= performance.now();
    return performance.now() - shorterSince < (options.shorterForMs ?? SHORTER_FOR_MS);
  };

  const readLogs = async (fromBlock: bigint, toBlock: bigint): Promise<Log<bigint, number, false>[]> => {
    return client.getLogs({ address: contractsOf(binding), fromBlock, toBlock });
  };

  const step = async (): Promise<StepOutcome> => {
    const latest = await client.getBlock({ blockTag: 'latest', includeTransactions: false });
    const found = { number: latest.number, hash: latest.hash, time: latest.timestamp };
    chainHead = found;
    const [previousHead] = await appliedBlocks(database, 1);
    if (previousHead?.hash === latest.hash) {
      shorterSince = undefined;
      await directory.refresh();
      return 'idle';
    }
    // Not of `chainHead`: another step, of whoever waits for the follower to catch up, may have set it meanwhile.
    if (await lags(found, previousHead)) {
      chainHead = previousHead;
      await directory.refresh();
      return 'idle';
    }
    const base = previousHead === undefined ? undefined : await forkPoint(latest.number);
    const from = base === undefined ? firstBlock : base.number + 1n;
    const last = from + range.width() - 1n;
    const to = latest.number < last ? latest.number : last;
    let logs: Log<bigint, number, false>[] = [];
    if (to >= from) {
      try {
        logs = await readLogs(from, to);
      } catch (error) {
        if (!range.refused(error, to - from + 1n)) throw error;
        return 'more';
      }
      range.served(to - from + 1n);
    }
    const recentFrom = latest.number > keepBlocks ? latest.number - keepBlocks : 0n;
    const blocks = await readHeaders(header, { from, to, recentFrom, base, logs });
    const logsOf = Map.groupBy(logs, ({ blockNumber }) => blockNumber);
    for (const { number, block } of blocks.values()) {
      const claimed = logsOf.get(number) ?? [];
      if (claimed.length > 0 || mayHoldEvents(block, binding))
        await requireLogs(client, block, claimed, binding);
    }
    const events = decodeEvents(logs, blocks, binding);
    const stretch = { base, blocks: [...blocks.values()].map(referenceOf), events };
    const { finalityDepth } = binding;
    await applyStretch(database, stretch, { previousHead, finalityDepth, keepBlocks, queue, loggedOwners });
    await directory.refresh();
    return to < latest.number ? 'more' : 'idle';
  };

  return {
    step,
    catchUp: async () => {
      while ((await step()) === 'more' || directory.head()?.hash !== chainHead?.hash);
    },
    chainHead: () => chainHead,
  };
};

type Header = BlockRef & { readonly parentHash: Hex; readonly block: RpcBlock };

const referenceOf = ({ number, hash, time }: Header): BlockRef => ({ number, hash, time });

/** Headers of the range: all recent ones, of older ones those with logs and the last, ascending. */
const readHeaders = async (
  header: (number: bigint) => Promise<Header>,
  span: {
    readonly from: bigint;
    readonly to: bigint;
    readonly recentFrom: bigint;
    readonly base: BlockRef | undefined;
    readonly logs: readonly Log<bigint, number, false>[];
  },
): Promise<Map<bigint, Header>> => {
  const wanted = new Set(span.logs.map((log) => log.blockNumber));
  for (
    let number = span.from > span.recentFrom ? span.from : span.recentFrom;
    number <= span.to;
    number += 1n
  ) {
    wanted.add(number);
  }
  if (span.to >= span.from) wanted.add(span.to);
  const ascending = [...wanted].sort((a, b) => (a < b ? -1 : 1));
  const headers = new Map<bigint, Header>();
  for (let start = 0; start < ascending.length; start += 64) {
    for (const block of await Promise.all(ascending.slice(start, start + 64).map(header))) {
      const before =
        headers.get(block.number - 1n) ?? (span.base?.number === block.number - 1n ? span.base : undefined);
      if (before !== undefined && block.parentHash !== before.hash) {
        throw new ChainError('chain-inconsistent', `block ${block.number} does not continue ${before.hash}`);
      }
      headers.set(block.number, block);
    }
  }
  for (const log of span.logs) {
    if (headers.get(log.blockNumber)?.hash !== log.blockHash) {
      throw new ChainError(
        'chain-inconsistent',
        `a log lies in ${log.blockHash}, not in block ${log.blockNumber}`,
      );
    }
  }
  return headers;
};
