import { secondsText, type Hex, type Trust } from '@gridseal/protocol';
import type { PublicClient } from 'viem';
import { evidenceLogAbi } from '../abi/evidence-log.ts';
import { ask, sendCall, type Refusal, type Sender } from './send-call.ts';

/** A log on its contract. */
export type LogOnChain = { readonly trust: Pick<Trust, 'evidenceLog'>; readonly logId: Hex };

/** An anchored state as the contract keeps it. `time` is in Unix seconds. */
export type KeptAnchor = {
  readonly epoch: number;
  readonly size: bigint;
  readonly root: Hex;
  readonly time: bigint;
  readonly blockNumber: bigint;
};

/** A prefix, and the anchored state that begins with it. */
export type EpochPrefix = {
  readonly state: KeptAnchor;
  /** Ring slot of the state, as `locate` gives it. */
  readonly position: number;
  readonly size: bigint;
  readonly root: Hex;
  /** RFC 6962 consistency path from the prefix to the state; empty when they are the same. */
  readonly proof: readonly Hex[];
};

/** What a log's contract says of its epochs. */
export type EpochStanding = {
  readonly owner: Hex;
  readonly epoch: number;
  /** Of the newest anchor, whoever made it. */
  readonly size: bigint;
  /** Guardians who must agree; 0 = the log can have no further epoch. */
  readonly quorum: number;
  readonly delaySeconds: bigint;
  readonly proposal:
    | {
        readonly size: bigint;
        readonly root: Hex;
        readonly approvals: number;
        /** Earliest start in Unix seconds, once the quorum is reached. */
        readonly readyAt: bigint | undefined;
      }
    | undefined;
};

/**
 * Asks the contract who owns a log, which epoch it is in and what is proposed.
 *
 * @throws SdkError `unreachable`
 */
export const readEpoch = async (node: PublicClient, { trust, logId }: LogOnChain): Promise<EpochStanding> => {
  const contract = { address: trust.evidenceLog.address, abi: evidenceLogAbi, args: [logId] } as const;
  const [owner, head, [quorum, delaySeconds], proposal] = await ask(
    Promise.all([
      node.readContract({ ...contract, functionName: 'owner' }),
      node.readContract({ ...contract, functionName: 'head' }),
      node.readContract({ ...contract, functionName: 'epochRules' }),
      node.readContract({ ...contract, functionName: 'epochProposal' }),
    ]),
  );
  const { size, root, approvals, readyAt } = proposal;
  return {
    owner,
    epoch: head.epoch,
    size: head.size,
    quorum,
    delaySeconds,
    proposal:
      BigInt(root) === 0n
        ? undefined
        : { size, root, approvals, readyAt: readyAt === 0n ? undefined : readyAt },
  };
};

/** The contract's refusals, as a person can act on them. */
const explain = ({ name, args }: Refusal): string => {
  switch (name) {
    case 'EvidenceLogUnauthorizedOwner':
      return `${String(args[1])} does not own the log: take the owner's key file`;
    case 'EvidenceLogUnauthorizedGuardian':
      return `${String(args[1])} is no guardian of the log: take a guardian's key file`;
    case 'EvidenceLogNoGuardians':
      return 'the log was created without guardians and can have no further epoch';
    case 'EvidenceLogNoProposal':
      return 'no such epoch is proposed: run gridseal log epoch show';
    case 'EvidenceLogAlreadyApproved':
      return `${String(args[1])} has approved it already`;
    case 'EvidenceLogEpochOver':
      return `the state is of epoch ${String(args[1])}, and the log is in epoch ${String(args[2])}`;
    case 'EvidenceLogEpochNotReady': {
      const [readyAt, approvals, quorum] = args as readonly [bigint, number, number];
      return readyAt === 0n
        ? `${approvals} of ${quorum} guardians have approved: the epoch cannot start yet`
        : `the epoch may start from ${secondsText(readyAt)}`;
    }
    default:
      return `EvidenceLog refuses: ${name}(${args.map(String).join(', ')})`;
  }
};

const send = (
  sender: Sender,
  log: LogOnChain,
  functionName: string,
  ...args: readonly unknown[]
): Promise<Hex> =>
  sendCall(
    sender,
    { address: log.trust.evidenceLog.address, abi: evidenceLogAbi, functionName, args: [log.logId, ...args] },
    explain,
  );

/**
 * Lets an account anchor; the owner's to say.
 *
 * @returns hash of the transaction
 * @throws SdkError `refused` with the contract's reason in words; `unreachable`
 */
export const addSubmitter = (sender: Sender, log: LogOnChain, account: Hex): Promise<Hex> =>
  send(sender, log, 'addSubmitter', account);

/** Lets an account anchor no longer. @throws as {@link addSubmitter} */
export const removeSubmitter = (sender: Sender, log: LogOnChain, account: Hex): Promise<Hex> =>
  send(sender, log, 'removeSubmitter', account);

/** Proposes to go on from a prefix; the owner's to do. An earlier proposal and its approvals are gone. @throws as {@link addSubmitter} */
export const proposeEpoch = (
  sender: Sender,
  log: LogOnChain,
  { state, position, size, root, proof }: EpochPrefix,
): Promise<Hex> => send(sender, log, 'proposeEpoch', state, position, size, root, proof);

/** Approves what is proposed, by its size and root; a guardian's to do. @throws as {@link addSubmitter} */
export const approveEpoch = (
  sender: Sender,
  log: LogOnChain,
  { size, root }: Pick<EpochPrefix, 'size' | 'root'>,
): Promise<Hex> => send(sender, log, 'approveEpoch', size, root);

/** Starts the epoch once quorum and delay are over; the owner's to do. @param manifest of the prefix @throws as {@link addSubmitter} */
export const startEpoch = (sender: Sender, log: LogOnChain, manifest: Hex): Promise<Hex> =>
  send(sender, log, 'startEpoch', manifest);
