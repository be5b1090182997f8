import { fileURLToPath } from 'node:url';
import { createHardhatRuntimeEnvironment } from 'hardhat/hre';
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  custom,
  encodeDeployData,
  type Abi,
  type Account,
  type Address,
  type Hex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Who sends, and who owns; any key does on a chain of one's own. */
export const sender = privateKeyToAccount(`0x${'51'.repeat(32)}`);
export const owner = privateKeyToAccount(`0x${'52'.repeat(32)}`);

/** When the chain begins. */
const START = new Date('2026-01-01T00:00:00Z');

/** A chain in this process with the rules of Ethereum after Osaka. */
export type BenchChain = {
  readonly chainId: number;
  readonly deploy: (abi: Abi, bytecode: Hex, args?: readonly unknown[]) => Promise<Address>;
  /** Sends a call, which must succeed. @returns gas that the whole transaction used */
  readonly send: (to: Address, data: Hex, from?: Account) => Promise<bigint>;
  readonly close: () => Promise<void>;
};

/** Starts the chain; it needs no compiler and no network. */
export const startBenchChain = async (): Promise<BenchChain> => {
  const networks = {
    bench: { type: 'edr-simulated', chainType: 'l1', hardfork: 'osaka', initialDate: START },
  } as const;
  const hre = await createHardhatRuntimeEnvironment({ networks }, {}, REPOSITORY);
  const connection = await hre.network.create('bench');
  const transport = custom(connection.provider);
  const client = createPublicClient({ transport });
  const wallet = createWalletClient({ transport });
  const cheat = createTestClient({ mode: 'hardhat', transport });
  for (const { address } of [sender, owner]) await cheat.setBalance({ address, value: 10n ** 24n });

  const receiptOf = async (hash: Hex) => {
    const receipt = await client.getTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`transaction ${hash} reverted`);
    return receipt;
  };
  return {
    chainId: await client.getChainId(),
    deploy: async (abi, bytecode, args = []) => {
      const data = encodeDeployData({ abi, bytecode, args });
      const hash = await wallet.sendTransaction({ account: sender, chain: null, data });
      const { contractAddress } = await receiptOf(hash);
      if (contractAddress === null || contractAddress === undefined)
        throw new Error('the deployment made no contract');
      return contractAddress;
    },
    send: async (to, data, from = sender) => {
      const hash = await wallet.sendTransaction({ account: from, chain: null, to, data });
      return (await receiptOf(hash)).gasUsed;
    },
    close: () => connection.close(),
  };
};
