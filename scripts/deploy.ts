/**
 * `npm run deploy -- --rpc URL --key-file FILE`: the contracts on a real network, at the addresses that they
 * have everywhere, and a record of it in deployments/. Running it again changes nothing; after a stop it goes on.
 */
import { join } from 'node:path';
import {
  anchorPromiseAddress,
  anchorPromiseCodeHash,
  deviceRegistryAddress,
  deviceRegistryCodeHash,
  evidenceLogAddress,
  evidenceLogCodeHash,
} from '@gridseal/sdk/abi/deployment';
import { createPublicClient, formatEther, http, keccak256, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { ensureFactory, hasCode } from '../backend/features/chain/create2-factory.ts';
import type { ContractName } from '../ignition/modules/gridseal.ts';
import { deployMissing } from './deploy/ignition.ts';
import { DeployUsageError, readDeployOptions, USAGE } from './deploy/options.ts';
import { writeRecord } from './deploy/record.ts';
import { root } from './paths.ts';

const CONTRACTS = {
  EvidenceLog: { address: evidenceLogAddress, codeHash: evidenceLogCodeHash },
  DeviceRegistry: { address: deviceRegistryAddress, codeHash: deviceRegistryCodeHash },
  AnchorPromise: { address: anchorPromiseAddress, codeHash: anchorPromiseCodeHash },
} as const;
const NAMES = Object.keys(CONTRACTS) as ContractName[];

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const missingOn = async (client: PublicClient): Promise<ContractName[]> => {
  const there = await Promise.all(NAMES.map((name) => hasCode(client, CONTRACTS[name].address)));
  return NAMES.filter((_, i) => there[i] === false);
};

const requireCode = async (client: PublicClient, name: ContractName): Promise<void> => {
  const { address, codeHash } = CONTRACTS[name];
  const code = await client.getCode({ address });
  const actual = code === undefined ? 'no code' : keccak256(code);
  if (actual !== codeHash)
    throw new Error(`${name} at ${address}: expected code that hashes to ${codeHash}, found ${actual}`);
  say(`  ${name.padEnd(15)} ${address}  code ${codeHash}`);
};

const run = async (args: readonly string[]): Promise<void> => {
  const { rpcUrl, key, out, finalityDepth } = await readDeployOptions(args);
  const client = createPublicClient({ transport: http(rpcUrl) });
  const payer = privateKeyToAccount(key);
  const chainId = BigInt(await client.getChainId());
  const balance = await client.getBalance({ address: payer.address });
  say(`Chain ${chainId}, paid by ${payer.address}, which holds ${formatEther(balance)} ether.`);
  const { hash: genesisHash } = await client.getBlock({ blockNumber: 0n });
  const missing = await missingOn(client);
  const head = await client.getBlockNumber();
  if (missing.length > 0) {
    if (balance === 0n)
      throw new Error(`${payer.address} holds no ether on chain ${chainId}: send it some and run this again`);
    await ensureFactory(client, payer);
    say(`Deploying ${missing.join(', ')} …`);
    await deployMissing({ rpcUrl, key, chainId, genesisHash, missing });
  } else say('The contracts are there already.');
  for (const name of NAMES) await requireCode(client, name);
  const path = out ?? join(root, 'deployments', `${chainId}.json`);
  // Of contracts that were there before only the genesis block is certain to be older.
  const isNew = missing.includes('EvidenceLog') && missing.includes('DeviceRegistry');
  const firstBlock = isNew ? head + 1n : 0n;
  await writeRecord(path, { chainId, genesisHash, finalityDepth, firstBlock });
  say(`Recorded in ${path}. It is final ${finalityDepth} blocks from now.`);
};

try {
  await run(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  if (error instanceof DeployUsageError) process.stderr.write(`${error.message}\n\n${USAGE}`);
  else
    process.stderr.write(`Nothing was recorded: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof DeployUsageError ? 2 : 1);
}
