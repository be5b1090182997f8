import { fromHex, logId as logIdOf, toHex, type Hex } from '@gridseal/protocol';
import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import { hexToBytes, keccak256, zeroAddress, type PublicClient } from 'viem';

import type { Database } from '../../adapters/postgres/database.ts';
import { ChainError } from './errors.ts';
import type { ChainBinding } from './types.ts';

/** A contract as `deployments/<chainId>.json` records it. */
export type DeployedContract = { readonly address: Hex; readonly codeHash: Hex };

/** The contracts of a chain, with what is a fact of that chain. */
export type Deployment = {
  readonly evidenceLog: DeployedContract;
  readonly deviceRegistry: DeployedContract;
  /** Judges receipts; a log that began before there was one does without. */
  readonly anchorPromise?: DeployedContract | undefined;
  readonly finalityDepth: bigint;
  /** Block of the deployment: no event of the contracts is older. */
  readonly firstBlock: bigint;
};

/** How the log is found on its chain, and made where that was asked for. */
export type LogIdentity = {
  /** Account that created the log, or creates it. */
  readonly creator: Hex;
  readonly salt: Hex;
  readonly operator: Hex;
  /** Creates the log; left out where an existing one is required. */
  readonly create?: () => Promise<void>;
};

/**
 * Finds the log on the chain and makes sure that it is the one this database belongs to: chain id
 * and genesis as remembered, code as deployed, log created with our operator and registry.
 *
 * @throws ChainError `wrong-chain`, `chain-replaced`, `contract-missing`, `contract-differs`,
 *   `log-missing`, `log-differs`
 */
export const bindChain = async (options: {
  readonly client: PublicClient;
  readonly database: Database;
  readonly deployment: Deployment;
  readonly log: LogIdentity;
}): Promise<ChainBinding> => {
  const { client, database, deployment, log } = options;
  const chainId = BigInt(await client.getChainId());
  const genesis = await client.getBlock({ blockNumber: 0n });
  const evidenceLog = deployment.evidenceLog.address;
  const deviceRegistry = deployment.deviceRegistry.address;
  const logId = toHex(
    logIdOf({
      chainId,
      evidenceLog: fromHex(evidenceLog),
      creator: fromHex(log.creator),
      salt: fromHex(log.salt),
    }),
  );
  await requireRemembered(database, {
    chainId,
    genesisHash: genesis.hash,
    evidenceLog,
    deviceRegistry,
    logId,
  });
  await requireCode(client, 'EvidenceLog', deployment.evidenceLog);
  await requireCode(client, 'DeviceRegistry', deployment.deviceRegistry);
  if (deployment.anchorPromise !== undefined)
    await requireCode(client, 'AnchorPromise', deployment.anchorPromise);

  const contract = { address: evidenceLog, abi: evidenceLogAbi, args: [logId] } as const;
  let operator = await client.readContract({ ...contract, functionName: 'operator' });
  if (operator === zeroAddress && log.create !== undefined) {
    await log.create();
    operator = await client.readContract({ ...contract, functionName: 'operator' });
  }
  if (operator === zeroAddress) {
    throw new ChainError(
      'log-missing',
      `log ${logId} of ${log.creator} is not on chain ${chainId}: create it, or start with DEPLOY=contracts`,
    );
  }
  requireSame('operator', log.operator, operator);
  requireSame(
    'registry',
    deviceRegistry,
    await client.readContract({ ...contract, functionName: 'registry' }),
  );
  const { epoch } = await client.readContract({ ...contract, functionName: 'head' });
  await remember(database, { chainId, genesisHash: genesis.hash, evidenceLog, deviceRegistry, logId });
  return {
    chainId,
    genesisHash: genesis.hash,
    evidenceLog,
    deviceRegistry,
    anchorPromise: deployment.anchorPromise?.address,
    logId,
    epoch: BigInt(epoch),
    operator: log.operator,
    createdAt: deployment.firstBlock,
    finalityDepth: deployment.finalityDepth,
  };
};

type Remembered = Pick<ChainBinding, 'chainId' | 'genesisHash' | 'evidenceLog' | 'deviceRegistry' | 'logId'>;

const requireRemembered = async (database: Database, found: Remembered): Promise<void> => {
  const [row] = await database.query<{ chain_id: string; genesis_hash: Uint8Array; log_id: Uint8Array }>(
    'SELECT chain_id, genesis_hash, log_id FROM chain_binding',
  );
  if (row === undefined) return;
  if (BigInt(row.chain_id) !== found.chainId) {
    throw new ChainError(
      'wrong-chain',
      `the RPC is of chain ${found.chainId}, this database belongs to ${row.chain_id}`,
    );
  }
  if (toHex(row.genesis_hash) !== found.genesisHash) {
    throw new ChainError(
      'chain-replaced',
      `chain ${found.chainId} begins with ${found.genesisHash}, this database was written beside ${toHex(row.genesis_hash)}`,
    );
  }
  if (toHex(row.log_id) !== found.logId) {
    throw new ChainError(
      'log-differs',
      `configured is log ${found.logId}, this database holds ${toHex(row.log_id)}`,
    );
  }
};

const remember = async (database: Database, found: Remembered): Promise<void> => {
  await database.execute(
    `INSERT INTO chain_binding (chain_id, genesis_hash, evidence_log, device_registry, log_id)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (singleton) DO NOTHING`,
    [
      found.chainId,
      hexToBytes(found.genesisHash),
      hexToBytes(found.evidenceLog),
      hexToBytes(found.deviceRegistry),
      hexToBytes(found.logId),
    ],
  );
};

const requireCode = async (client: PublicClient, name: string, contract: DeployedContract): Promise<void> => {
  const code = await client.getCode({ address: contract.address });
  if (code === undefined) {
    throw new ChainError(
      'contract-missing',
      `${name} is not at ${contract.address}: deploy it, or start with DEPLOY=contracts`,
    );
  }
  const actual = keccak256(code);
  if (actual !== contract.codeHash) {
    throw new ChainError(
      'contract-differs',
      `${name} at ${contract.address} has code ${actual}, expected ${contract.codeHash}`,
    );
  }
};

const requireSame = (what: string, expected: Hex, actual: Hex): void => {
  if (actual.toLowerCase() !== expected) {
    throw new ChainError(
      'log-differs',
      `the log names ${what} ${actual}, this service is configured with ${expected}`,
    );
  }
};
