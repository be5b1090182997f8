import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import { deviceRegistryAbi } from '@gridseal/sdk/abi/device-registry';
import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import { toEventSelector, type Abi, type Hex, type Log, type PublicClient } from 'viem';

import { ChainError } from './errors.ts';
import { contractsOf, type Watched } from './events.ts';
import { mayHold } from '../../ethereum/bloom.ts';
import { fetchReceipts, type RpcBlock } from '../../ethereum/fetch.ts';

type ChainLog = Log<bigint, number, false>;

const selector = (abi: Abi, name: string): Hex => {
  const event = abi.find((item) => item.type === 'event' && item.name === name);
  if (event?.type !== 'event') throw new RangeError(`no event ${name}`);
  return toEventSelector(event);
};

const REGISTRY_EVENTS = ['KeyEnrolled', 'KeyRevoked', 'DIDOwnerChanged'].map((name) =>
  selector(deviceRegistryAbi, name),
);
const ANCHORED = selector(evidenceLogAbi, 'Anchored');
const PROMISE_EVENTS = ['PromiseChallenged', 'PromiseKept'].map((name) => selector(anchorPromiseAbi, name));

/** Whether the header leaves it possible that the block holds an event which the follower applies. */
export const mayHoldEvents = ({ logsBloom }: Pick<RpcBlock, 'logsBloom'>, watched: Watched): boolean =>
  mayHold(logsBloom, [watched.evidenceLog, ANCHORED, watched.logId]) ||
  REGISTRY_EVENTS.some((event) => mayHold(logsBloom, [watched.deviceRegistry, event])) ||
  mayHoldPromise(logsBloom, watched);

const mayHoldPromise = (logsBloom: Hex, { anchorPromise, logId }: Watched): boolean =>
  anchorPromise !== undefined &&
  PROMISE_EVENTS.some((event) => mayHold(logsBloom, [anchorPromise, event, logId]));

/** What the receipts commit to of a log, and where it stands. */
const textOf = (log: {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly transactionIndex: number;
  readonly logIndex: number;
}): string =>
  [log.transactionIndex, log.logIndex, log.address, ...log.topics, log.data].join(' ').toLowerCase();

/**
 * Checks the logs that a node's index gives of a block against the block's receipts, which its header commits to: none is
 * invented, altered or left out.
 *
 * @param claimed the node's logs of our contracts in this block
 * @throws ChainError `chain-inconsistent`; BlockError `ReceiptsNotReproducible`, `BlockReplaced`
 */
export const requireLogs = async (
  client: PublicClient,
  block: RpcBlock,
  claimed: readonly ChainLog[],
  watched: Watched,
): Promise<void> => {
  const addresses: readonly string[] = contractsOf(watched);
  const held: string[] = [];
  let logIndex = 0;
  for (const [transactionIndex, { logs }] of (await fetchReceipts(client, block)).entries())
    for (const { address, topics, data } of logs) {
      if (addresses.includes(address.toLowerCase()))
        held.push(textOf({ address, topics, data, transactionIndex, logIndex }));
      logIndex += 1;
    }
  const said = claimed.toSorted((a, b) => a.logIndex - b.logIndex).map(textOf);
  if (said.length === held.length && said.every((log, i) => log === held[i])) return;
  throw new ChainError(
    'chain-inconsistent',
    `the node gives ${said.length} logs of block ${BigInt(block.number)}, its receipts hold ${held.length}, and they are not the same: do not rely on this node`,
  );
};
