import { toHex, type Hex } from '@gridseal/protocol';
import { receiptDigest } from '@gridseal/protocol/statement/receipt';
import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import { encodeFunctionData, parseEther } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { sendAndWait } from '../../../backend/features/chain/send.ts';
import type { LogReader } from '../../../backend/features/log/types.ts';
import { isKept } from './promises.ts';
import { addressOfPromises } from './chain-records.ts';
import type { Random } from './random.ts';
import type { Held, Senders } from './senders.ts';
import type { World } from './world.ts';

/** Those who hold receipts and challenge, on chain, what these promise. */
export type Challengers = {
  /** Challenges one that an anchor keeps, or any, if there is one. The chain's time goes on until it is due. */
  readonly challenge: (which: 'kept' | 'any', log: Pick<LogReader, 'indexOf'>) => Promise<void>;
  /** Challenges again what a reorganisation has undone. */
  readonly insist: () => Promise<void>;
  /** By the digest of the receipt. */
  readonly challenged: ReadonlyMap<Hex, Held>;
};

/** Creates them. */
export const createChallengers = (world: World, senders: Senders, random: Random): Challengers => {
  const { chain, deployment, domain } = world;
  const { client, cheat } = chain;
  const holder = privateKeyToAccount(generatePrivateKey());
  const challenged = new Map<Hex, Held>();
  const address = addressOfPromises(world);

  const untilAfter = async (deadline: bigint): Promise<void> => {
    const { timestamp } = await client.getBlock();
    if (timestamp > deadline) return;
    await cheat.increaseTime({ seconds: Number(deadline - timestamp) + 1 });
    await cheat.mine({ blocks: 1 });
  };

  const send = async ({ receipt, signature }: Held): Promise<void> => {
    await cheat.setBalance({ address: holder.address, value: parseEther('1') });
    await untilAfter(receipt.deadline);
    const { receiptTimeMs, deadline } = receipt;
    const fields = {
      logId: toHex(receipt.logId),
      digest: toHex(receipt.digest),
      entryHash: toHex(receipt.entryHash),
      receiptTimeMs,
      deadline,
    };
    const data = encodeFunctionData({
      abi: anchorPromiseAbi,
      functionName: 'challenge',
      args: [deployment.evidenceLog.address, fields, signature],
    });
    await sendAndWait(client, holder, { to: address, data }, 'challenge');
  };

  return {
    challenged,
    challenge: async (which, log) => {
      for (const held of random.shuffle([...senders.held.values()])) {
        const name = toHex(receiptDigest(held.receipt, domain));
        if (challenged.has(name) || (which === 'kept' && !(await isKept(world, log, held)))) continue;
        await send(held);
        challenged.set(name, held);
        return;
      }
    },
    insist: async () => {
      for (const [name, held] of challenged) {
        const { answerBy } = await client.readContract({
          address,
          abi: anchorPromiseAbi,
          functionName: 'challengeOf',
          args: [name],
        });
        if (answerBy === 0n) await send(held);
      }
    },
  };
};
