import { concat, keccak256, type Account, type Chain, type Hex, type PublicClient, type Transport, type WalletClient } from 'viem';
import {
  create2Factory,
  create2Salt,
  deviceRegistryAddress,
  deviceRegistryCodeHash,
  evidenceLogAddress,
  evidenceLogCodeHash,
} from '../abi/deployment.ts';
import { deviceRegistryBytecode } from '../abi/device-registry.ts';
import { evidenceLogBytecode } from '../abi/evidence-log.ts';
import { SdkError } from '../errors.ts';

/** Where the contracts are; the same on every chain. */
export type Contracts = { readonly evidenceLog: Hex; readonly deviceRegistry: Hex };

const CONTRACTS = [
  { address: evidenceLogAddress, codeHash: evidenceLogCodeHash, bytecode: evidenceLogBytecode },
  { address: deviceRegistryAddress, codeHash: deviceRegistryCodeHash, bytecode: deviceRegistryBytecode },
] as const;

const codeHashAt = async (publicClient: PublicClient, address: Hex): Promise<Hex | undefined> => {
  const code = await publicClient.getCode({ address });
  return code === undefined || code === '0x' ? undefined : keccak256(code);
};

/**
 * Deploys EvidenceLog and DeviceRegistry through the CREATE2 factory where they are not there yet.
 *
 * @throws SdkError `wrong-chain` when the chain has no factory, or other code stands at an address
 * @example const { evidenceLog } = await deployContracts({ walletClient, publicClient })
 */
export const deployContracts = async ({
  walletClient,
  publicClient,
}: {
  readonly walletClient: WalletClient<Transport, Chain | undefined, Account>;
  readonly publicClient: PublicClient;
}): Promise<Contracts> => {
  if ((await codeHashAt(publicClient, create2Factory)) === undefined) {
    throw new SdkError('wrong-chain', `the chain has no CREATE2 factory at ${create2Factory}`);
  }
  for (const { address, codeHash, bytecode } of CONTRACTS) {
    if ((await codeHashAt(publicClient, address)) === undefined) {
      const hash = await walletClient.sendTransaction({
        chain: walletClient.chain,
        to: create2Factory,
        data: concat([create2Salt, bytecode]),
      });
      await publicClient.waitForTransactionReceipt({ hash });
    }
    const actual = await codeHashAt(publicClient, address);
    if (actual !== codeHash) {
      throw new SdkError('wrong-chain', `${address} has code ${actual ?? '(none)'}, expected ${codeHash}`);
    }
  }
  return { evidenceLog: evidenceLogAddress, deviceRegistry: deviceRegistryAddress };
};
