import {
  create2Factory,
  create2Salt,
  deviceRegistryAddress,
  deviceRegistryCodeHash,
  evidenceLogAddress,
  evidenceLogCodeHash,
} from '@gridseal/sdk/abi/deployment';
import { deviceRegistryBytecode } from '@gridseal/sdk/abi/device-registry';
import { evidenceLogBytecode } from '@gridseal/sdk/abi/evidence-log';
import { concat, type Hex, type LocalAccount, type PublicClient } from 'viem';

import type { DeployedContract, Deployment } from './bind.ts';
import { ChainError } from './errors.ts';
import { sendAndWait } from './send.ts';

/**
 * Deployment of the CREATE2 factory itself, where a chain lacks it: signed by nobody (r = s), valid
 * on every chain, paid by its sender.
 */
const FACTORY_DEPLOYMENT = {
  sender: '0x3fab184622dc19b6109349b94811493bf2a45362',
  cost: 10n ** 16n,
  transaction:
    '0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222',
} as const;

type Contract = DeployedContract & { readonly name: string; readonly bytecode: Hex };

const CONTRACTS = {
  evidenceLog: {
    name: 'EvidenceLog',
    address: evidenceLogAddress,
    codeHash: evidenceLogCodeHash,
    bytecode: evidenceLogBytecode,
  },
  deviceRegistry: {
    name: 'DeviceRegistry',
    address: deviceRegistryAddress,
    codeHash: deviceRegistryCodeHash,
    bytecode: deviceRegistryBytecode,
  },
} as const satisfies Record<string, Contract>;

const hasCode = async (client: PublicClient, address: Hex): Promise<boolean> =>
  (await client.getCode({ address })) !== undefined;

const ensureFactory = async (client: PublicClient, payer: LocalAccount): Promise<void> => {
  if (await hasCode(client, create2Factory)) return;
  const { sender, cost, transaction } = FACTORY_DEPLOYMENT;
  const missing = cost - (await client.getBalance({ address: sender }));
  if (missing > 0n)
    await sendAndWait(client, payer, { to: sender, data: '0x', value: missing }, 'deployment factory');
  try {
    const hash = await client.sendRawTransaction({ serializedTransaction: transaction });
    await client.waitForTransactionReceipt({ hash });
  } catch (error) {
    const detail = `the chain has no CREATE2 factory at ${create2Factory} and does not take its deployment`;
    throw new ChainError('contract-missing', detail, error);
  }
};

/** @returns the block of the deployment, or `undefined` when the contract was there before */
const ensureContract = async (
  client: PublicClient,
  payer: LocalAccount,
  contract: Contract,
): Promise<bigint | undefined> => {
  if (await hasCode(client, contract.address)) return undefined;
  const call = { to: create2Factory, data: concat([create2Salt, contract.bytecode]) } as const;
  const receipt = await sendAndWait(client, payer, call, `deployment of ${contract.name}`);
  if (await hasCode(client, contract.address)) return receipt.blockNumber;
  throw new ChainError('contract-missing', `${contract.name} did not appear at ${contract.address}`);
};

/**
 * Puts the contracts on a chain where they are not there yet; where they are, it costs nothing.
 *
 * @param finalityDepth blocks above a block before the chain does not take it back
 * @throws ChainError `no-funds`, `contract-missing`, `would-revert`
 */
export const deployContracts = async (options: {
  readonly client: PublicClient;
  readonly payer: LocalAccount;
  readonly finalityDepth: bigint;
}): Promise<Deployment> => {
  const { client, payer, finalityDepth } = options;
  const { evidenceLog, deviceRegistry } = CONTRACTS;
  await ensureFactory(client, payer);
  const logBlock = await ensureContract(client, payer, evidenceLog);
  const registryBlock = await ensureContract(client, payer, deviceRegistry);
  // Of contracts that were there before us only the genesis block is certain to be older.
  const firstBlock = logBlock === undefined || registryBlock === undefined ? 0n : logBlock;
  return {
    evidenceLog: { address: evidenceLog.address, codeHash: evidenceLog.codeHash },
    deviceRegistry: { address: deviceRegistry.address, codeHash: deviceRegistry.codeHash },
    finalityDepth,
    firstBlock,
  };
};
