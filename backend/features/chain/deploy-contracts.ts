import { anchorPromiseBytecode } from '@gridseal/sdk/abi/anchor-promise';
import {
  anchorPromiseAddress,
  anchorPromiseCodeHash,
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
import { ensureFactory, hasCode } from './create2-factory.ts';
import { ChainError } from './errors.ts';
import { sendAndWait } from './send.ts';

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
  anchorPromise: {
    name: 'AnchorPromise',
    address: anchorPromiseAddress,
    codeHash: anchorPromiseCodeHash,
    bytecode: anchorPromiseBytecode,
  },
} as const satisfies Record<string, Contract>;

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
  const { evidenceLog, deviceRegistry, anchorPromise } = CONTRACTS;
  await ensureFactory(client, payer);
  const logBlock = await ensureContract(client, payer, evidenceLog);
  const registryBlock = await ensureContract(client, payer, deviceRegistry);
  await ensureContract(client, payer, anchorPromise);
  // Of contracts that were there before us only the genesis block is certain to be older.
  const firstBlock = logBlock === undefined || registryBlock === undefined ? 0n : logBlock;
  return {
    evidenceLog: { address: evidenceLog.address, codeHash: evidenceLog.codeHash },
    deviceRegistry: { address: deviceRegistry.address, codeHash: deviceRegistry.codeHash },
    anchorPromise: { address: anchorPromise.address, codeHash: anchorPromise.codeHash },
    finalityDepth,
    firstBlock,
  };
};
