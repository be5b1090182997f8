import { toHex, type Hex } from '@gridseal/protocol';
import { keccak256, type PublicClient } from 'viem';

import type { Database } from '../../adapters/postgres/database.ts';
import type { DeployedContract, Deployment } from './bind.ts';
import { ChainError } from './errors.ts';

/** Contracts that a database's log lives in. */
export type RememberedContracts = { readonly evidenceLog: Hex; readonly deviceRegistry: Hex };

/** The contracts of the log this database holds; `undefined` before it was first bound to one. */
export const rememberedContracts = async (database: Database): Promise<RememberedContracts | undefined> => {
  const [row] = await database.query<{ evidence_log: Uint8Array; device_registry: Uint8Array }>(
    'SELECT evidence_log, device_registry FROM chain_binding',
  );
  if (row === undefined) return undefined;
  return { evidenceLog: toHex(row.evidence_log), deviceRegistry: toHex(row.device_registry) };
};

const contractAt = async (client: PublicClient, name: string, address: Hex): Promise<DeployedContract> => {
  const code = await client.getCode({ address });
  if (code === undefined)
    throw new ChainError('contract-missing', `${name} of this log is not at ${address} on this chain`);
  return { address, codeHash: keccak256(code) };
};

/**
 * The deployment a log was begun in. A newer version of this service brings newer contracts at other
 * addresses; a log stays in its own, whose code no one can change.
 *
 * @throws ChainError `contract-missing`
 */
export const rememberedDeployment = async (
  client: PublicClient,
  contracts: RememberedContracts,
  finalityDepth: bigint,
): Promise<Deployment> => ({
  evidenceLog: await contractAt(client, 'EvidenceLog', contracts.evidenceLog),
  deviceRegistry: await contractAt(client, 'DeviceRegistry', contracts.deviceRegistry),
  finalityDepth,
  firstBlock: 0n,
});
