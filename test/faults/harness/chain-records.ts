import assert from 'node:assert/strict';
import { toHex, type Hex } from '@gridseal/protocol/bytes';
import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import type { World } from './world.ts';

/** Anchors of a log on its chain as it is now, oldest first. */
export const anchorsOf = (world: World, toBlock?: bigint) =>
  world.chain.client.getContractEvents({
    address: world.deployment.evidenceLog.address,
    abi: evidenceLogAbi,
    eventName: 'Anchored',
    args: { logId: toHex(world.domain.logId) },
    fromBlock: 0n,
    ...(toBlock === undefined ? {} : { toBlock }),
    strict: true,
  });

/** AnchorPromise on the chain of a world. */
export const addressOfPromises = ({ deployment }: World): Hex =>
  (deployment.anchorPromise ?? assert.fail('the contracts of a world are whole')).address;

const promiseEvents = async (
  world: World,
  eventName: 'AnchorRecorded' | 'PromiseKept',
  toBlock: bigint,
): Promise<number> => {
  const events = await world.chain.client.getContractEvents({
    address: addressOfPromises(world),
    abi: anchorPromiseAbi,
    eventName,
    args: { logId: toHex(world.domain.logId) },
    fromBlock: 0n,
    toBlock,
    strict: true,
  });
  return events.length;
};

/** How many anchors of a log its chain keeps for those who were promised one. */
export const recordsOf = (world: World, toBlock: bigint): Promise<number> =>
  promiseEvents(world, 'AnchorRecorded', toBlock);

/** How many challenges of a log's promises were answered. */
export const answersOf = (world: World, toBlock: bigint): Promise<number> =>
  promiseEvents(world, 'PromiseKept', toBlock);
