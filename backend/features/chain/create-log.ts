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
};

/**
 * Creates a log and waits for its block. A log created by an earlier, interrupted call makes this
 * one revert; whoever calls looks first whether it is there.
 *
 * Without guardians, so that the log never has a second epoch unless it was created for one by hand.
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
        guardians: [],
        quorum: 0,
        epochDelay: 0n,
      },
    ],
  });
  await sendAndWait(client, owner, { to: evidenceLog, data }, 'creation of the log');
};
