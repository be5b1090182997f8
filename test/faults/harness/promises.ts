import { toHex, type Hex } from '@gridseal/protocol';
import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import type { LogReader } from '../../../backend/features/log/types.ts';
import { addressOfPromises, anchorsOf } from './chain-records.ts';
import type { Held } from './senders.ts';
import type { World } from './world.ts';

/** Whether every challenged promise that the chain can still show to be kept was answered for. */
export const isAnsweredFor = async (
  world: World,
  log: Pick<LogReader, 'indexOf'>,
  challenged: ReadonlyMap<Hex, Held>,
): Promise<boolean> => {
  for (const [name, held] of challenged)
    if (!(await isAnswered(world, name)) && (await isKept(world, log, held))) return false;
  return true;
};

const isAnswered = async (world: World, name: Hex): Promise<boolean> => {
  const { answeredAt } = await world.chain.client.readContract({
    address: addressOfPromises(world),
    abi: anchorPromiseAbi,
    functionName: 'challengeOf',
    args: [name],
  });
  return answeredAt > 0n;
};

/** Whether an anchor in time covers the entry, and the contracts know it. */
export const isKept = async (
  world: World,
  log: Pick<LogReader, 'indexOf'>,
  { receipt }: Held,
): Promise<boolean> => {
  const { client } = world.chain;
  const index = await log.indexOf(receipt.digest);
  if (index === undefined) return false;
  const evidenceLog = world.deployment.evidenceLog.address;
  const logId = toHex(world.domain.logId);
  for (const { args, blockNumber } of await anchorsOf(world)) {
    const { timestamp: time } = await client.getBlock({ blockNumber });
    if (args.size <= index || time > receipt.deadline) continue;
    const state = { epoch: Number(args.epoch), size: args.size, root: args.root, time, blockNumber };
    const [isInRing] = await client.readContract({
      address: evidenceLog,
      abi: evidenceLogAbi,
      functionName: 'locate',
      args: [logId, state],
    });
    const isRecorded = await client.readContract({
      address: addressOfPromises(world),
      abi: anchorPromiseAbi,
      functionName: 'isRecorded',
      args: [evidenceLog, logId, state],
    });
    if (isInRing || isRecorded) return true;
  }
  return false;
};
