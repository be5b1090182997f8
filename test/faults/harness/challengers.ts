import { fromHex, type Hex } from '@gridseal/protocol';
import { challengePromise } from '@gridseal/sdk/promise/actions';
import { askPromise, promiseDigest } from '@gridseal/sdk/promise/standing';
import { createWalletClient, http, parseEther } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { LogReader } from '../../../backend/features/log/types.ts';
import { isKept } from './promises.ts';
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
  const wallet = createWalletClient({ account: holder, transport: http(chain.url) });
  const trust = { chainId: String(domain.chainId), evidenceLog: deployment.evidenceLog };
  const challenged = new Map<Hex, Held>();

  const untilAfter = async (deadline: bigint): Promise<void> => {
    const { timestamp } = await client.getBlock();
    if (timestamp > deadline) return;
    await cheat.increaseTime({ seconds: Number(deadline - timestamp) + 1 });
    await cheat.mine({ blocks: 1 });
  };

  const send = async (held: Held): Promise<void> => {
    await cheat.setBalance({ address: holder.address, value: parseEther('1') });
    await untilAfter(held.receipt.deadline);
    await challengePromise({ node: client, wallet, account: holder }, { trust, signed: signedOf(held) });
  };

  return {
    challenged,
    challenge: async (which, log) => {
      for (const held of random.shuffle([...senders.held.values()])) {
        const name = promiseDigest(signedOf(held), trust);
        if (challenged.has(name) || (which === 'kept' && !(await isKept(world, log, held)))) continue;
        await send(held);
        challenged.set(name, held);
        return;
      }
    },
    insist: async () => {
      for (const held of challenged.values()) {
        const { status } = await askPromise({ node: client, trust, signed: signedOf(held) });
        // What took the challenge away may have set the chain's time back, too.
        if (status === 'due' || status === 'pending') await send(held);
      }
    },
  };
};

const signedOf = ({ receipt, signature }: Held) => ({ receipt, signature: fromHex(signature) });
