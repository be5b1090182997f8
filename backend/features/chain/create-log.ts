import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import { encodeFunctionData, type Hex, type LocalAccount, type PublicClient } from 'viem';

import { sendAndWait } from './send.ts';

/** What a log is created with; the creator owns it. */
export type NewLog = {
  readonly salt: Hex;
  readonly registry: Hex;
  readonly operator: Hex;
  /** Ed25519 public key that signs checkpoints, 32 bytes. */
  readonly noteKey: Hex;
  readonly submitters: readonly Hex[];
  /** Who must agree before the log may go on in a new epoch; without anybody, a stolen submitter's key ends it. */
  readonly guardians: {
    readonly addresses: readonly Hex[];
    readonly quorum: number;
    readonly delaySeconds: number;
  };
};

/**
 * Creates a log and waits for its block. A log created by an earlier, interrupted call makes this
 * one revert; whoever calls looks first whether it is there.
 *
 * @throws ChainError `no-funds`, `would-revert`
 */
export const createLog = async (options: {
  readonly client: PublicClient;
  readonly owner: LocalAccount;
  readonly evidenceLog: Hex;
  readonly log: NewLog;
}): Promise<void> => {
  const { client, owner, evidenceLog, log } = options;
  const data = encodeFunctionData({
    abi: evidenceLogAbi,
    functionName: 'createLog',
    args: [
      log.salt,
      {
        registry: log.registry,
        operator: log.operator,
        noteKey: log.noteKey,
        submitters: [...log.submitters],
        guardians: [...log.guardians.addresses],
        quorum: log.guardians.quorum,
        epochDelay: BigInt(log.guardians.delaySeconds),
      },
    ],
  });
  await sendAndWait(client, owner, { to: evidenceLog, data }, 'creation of the log');
};
