import hardhatIgnitionEthers from '@nomicfoundation/hardhat-ignition-ethers';
import hardhatEthers from '@nomicfoundation/hardhat-ethers';
import { createHardhatRuntimeEnvironment } from 'hardhat/hre';
import type { HttpNetworkUserConfig } from 'hardhat/types/config';
import type { Hex } from 'viem';
import { gridsealModule, type ContractName } from '../../ignition/modules/gridseal.ts';
import { root } from '../paths.ts';

/**
 * Deploys what a chain lacks, by Hardhat Ignition. Its journal in ignition/deployments knows the transactions of a run that
 * was stopped, so that the next one waits for them instead of sending them again.
 */
export const deployMissing = async (options: {
  readonly rpcUrl: string;
  readonly key: Hex;
  readonly chainId: bigint;
  /** Tells apart chains of one number: a test chain that began anew has no journal. */
  readonly genesisHash: Hex;
  readonly missing: readonly ContractName[];
}): Promise<void> => {
  const { rpcUrl, key, chainId, genesisHash, missing } = options;
  const target: HttpNetworkUserConfig = { type: 'http', chainType: 'l1', url: rpcUrl, accounts: [key] };
  const plugins = [hardhatEthers, hardhatIgnitionEthers];
  const hre = await createHardhatRuntimeEnvironment({ plugins, networks: { target } }, {}, root);
  const connection = await hre.network.create('target');
  try {
    await connection.ignition.deploy(gridsealModule(missing), {
      // One block: how many make it final is the chain's own fact, and recorded.
      config: { requiredConfirmations: 1 },
      deploymentId: `chain-${chainId}-${genesisHash.slice(2, 10)}`,
      displayUi: process.stdout.isTTY,
    });
  } finally {
    await connection.close();
  }
};
