import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import { deviceRegistryAbi } from '@gridseal/sdk/abi/device-registry';
import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import { parseEventLogs, type Hex, type Log } from 'viem';

import type { BlockRef, ChainBinding } from './types.ts';

/** Whose events are followed. Addresses are in lower case. */
export type Watched = Pick<ChainBinding, 'deviceRegistry' | 'evidenceLog' | 'anchorPromise' | 'logId'>;

/** Contracts whose logs are read. */
export const contractsOf = ({ deviceRegistry, evidenceLog, anchorPromise }: Watched): Hex[] =>
  anchorPromise === undefined ? [deviceRegistry, evidenceLog] : [deviceRegistry, evidenceLog, anchorPromise];

/** Where an event stands in the chain. */
export type EventPosition = {
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly blockTime: bigint;
  readonly transactionHash: Hex;
  readonly transactionIndex: number;
  readonly logIndex: number;
};

/** The events the follower applies, decoded, hashes and addresses in lower case. */
export type ChainEvent = EventPosition &
  (
    | {
        readonly type: 'enrolled';
        readonly identity: Hex;
        readonly keyId: Hex;
        readonly owner: Hex;
        readonly algorithm: number;
        readonly purpose: number;
        readonly profile: Hex;
      }
    | { readonly type: 'revoked'; readonly identity: Hex; readonly keyId: Hex; readonly lastGood: Hex }
    | { readonly type: 'owner-changed'; readonly identity: Hex; readonly owner: Hex }
    | {
        readonly type: 'anchored';
        readonly epoch: bigint;
        readonly size: bigint;
        readonly root: Hex;
        readonly manifest: Hex;
        readonly previousBlock: bigint;
      }
    | {
        readonly type: 'challenged';
        readonly receiptDigest: Hex;
        readonly digest: Hex;
        readonly entryHash: Hex;
        readonly deadline: bigint;
        readonly answerBy: bigint;
      }
    | { readonly type: 'answered'; readonly receiptDigest: Hex }
  );

const lower = (hex: Hex): Hex => hex.toLowerCase() as Hex;

const position = (log: Log<bigint, number, false>, block: BlockRef): EventPosition => ({
  blockNumber: log.blockNumber,
  blockHash: log.blockHash,
  blockTime: block.time,
  transactionHash: log.transactionHash,
  transactionIndex: log.transactionIndex,
  logIndex: log.logIndex,
});

/**
 * Decodes the raw logs of a range into the events the follower applies, in chain order. Logs of
 * other contracts, of other alliances' logs and of kinds the follower does not need are left out.
 *
 * @param blocks the header of every block that holds one of the logs, by number
 */
export const decodeEvents = (
  logs: readonly Log<bigint, number, false>[],
  blocks: ReadonlyMap<bigint, BlockRef>,
  watched: Watched,
): ChainEvent[] => {
  const events: ChainEvent[] = [];
  const at = (log: Log<bigint, number, false>): EventPosition => {
    const block = blocks.get(log.blockNumber);
    if (block === undefined) throw new RangeError(`no header for block ${log.blockNumber}`);
    return position(log, block);
  };
  const from = (address: Hex | undefined) => logs.filter((log) => lower(log.address) === address);

  for (const log of parseEventLogs({ abi: deviceRegistryAbi, logs: from(watched.deviceRegistry) })) {
    const where = at(log);
    if (log.eventName === 'KeyEnrolled') {
      const { identity, keyId, owner, algorithm, purpose, profile } = log.args;
      const key = { identity: lower(identity), keyId, owner: lower(owner), algorithm, purpose, profile };
      events.push({ ...where, type: 'enrolled', ...key });
    } else if (log.eventName === 'KeyRevoked') {
      const { identity, keyId, lastGood } = log.args;
      events.push({ ...where, type: 'revoked', identity: lower(identity), keyId, lastGood });
    } else if (log.eventName === 'DIDOwnerChanged') {
      const { identity, owner } = log.args;
      events.push({ ...where, type: 'owner-changed', identity: lower(identity), owner: lower(owner) });
    }
  }
  const anchored = parseEventLogs({
    abi: evidenceLogAbi,
    eventName: 'Anchored',
    logs: from(watched.evidenceLog),
  });
  for (const log of anchored) {
    if (log.args.logId !== watched.logId) continue;
    const { epoch, size, root, manifest, previousBlock } = log.args;
    events.push({ ...at(log), type: 'anchored', epoch, size, root, manifest, previousBlock });
  }
  for (const log of parseEventLogs({ abi: anchorPromiseAbi, logs: from(watched.anchorPromise) })) {
    const { logId, evidenceLog } = log.args;
    if (logId !== watched.logId || lower(evidenceLog) !== watched.evidenceLog) continue;
    if (log.eventName === 'PromiseChallenged') {
      const { receiptDigest, digest, entryHash, deadline, answerBy } = log.args;
      events.push({
        ...at(log),
        type: 'challenged',
        receiptDigest,
        digest,
        entryHash,
        deadline,
        answerBy,
      });
    } else if (log.eventName === 'PromiseKept') {
      events.push({ ...at(log), type: 'answered', receiptDigest: log.args.receiptDigest });
    }
  }
  return events.sort((a, b) =>
    a.blockNumber === b.blockNumber ? a.logIndex - b.logIndex : a.blockNumber < b.blockNumber ? -1 : 1,
  );
};
