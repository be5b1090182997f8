import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import { encodeFunctionData, type Hex, type LocalAccount, type PublicClient } from 'viem';

import { ChainError } from './errors.ts';

/** What a log is created with; the creator owns it. */
export type NewLog = {
  readonly salt: Hex;
  readonly registry: Hex;
  readonly operator: Hex;
  /** Ed25519 public key that signs checkpoints, 32 bytes. */
  readonly noteKey: Hex;
  readonly submitters: readonly Hex[];
};

/** Wei the owner must hold: creation costs some 300,000 gas. */
const CREATION_GAS = 1_000_000n;

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
  const { address } = owner;
  const [balance, fees] = await Promise.all([client.getBalance({ address }), client.estimateFeesPerGas()]);
  if (balance < CREATION_GAS * fees.maxFeePerGas) {
    throw new ChainError(
      'no-funds',
      `${address} holds ${balance} wei and cannot pay for the creation of the log`,
    );
  }
  const [chainId, nonce, gas] = await Promise.all([
    client.getChainId(),
    client.getTransactionCount({ address, blockTag: 'pending' }),
    client.estimateGas({ account: address, to: evidenceLog, data }),
  ]);
  const serializedTransaction = await owner.signTransaction({
    type: 'eip1559',
    chainId,
    nonce,
    to: evidenceLog,
    data,
    gas: gas + gas / 4n,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
  });
  const hash = await client.sendRawTransaction({ serializedTransaction });
  const { status } = await client.waitForTransactionReceipt({ hash });
  if (status !== 'success')
    throw new ChainError('would-revert', `the creation of the log reverted in ${hash}`);
};
