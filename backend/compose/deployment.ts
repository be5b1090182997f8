import { join } from 'node:path';
import { fromHex, toHex, type Hex } from '@gridseal/protocol/bytes';
import { NOTE_ALGORITHM, noteSignerFrom } from '@gridseal/protocol/tlog/note';
import { deviceRegistryAddress, evidenceLogAddress } from '@gridseal/sdk/abi/deployment';
import type { LocalAccount, PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import type { DurableFiles } from '../adapters/durable-file/durable-files.ts';
import { openGuardianKey, type ServiceKeys } from '../adapters/keys/key-files.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { Config } from '../config.ts';
import type { Deployment, LogIdentity } from '../features/chain/bind.ts';
import { createLog, type NewLog } from '../features/chain/create-log.ts';
import { deployContracts } from '../features/chain/deploy-contracts.ts';
import { readDeployment } from '../features/chain/deployments.ts';
import { ChainError } from '../features/chain/errors.ts';
import { sendAndWait } from '../features/chain/send.ts';
import {
  rememberedContracts,
  rememberedDeployment,
  type RememberedContracts,
} from '../features/chain/remembered.ts';
import type { ChainEndpoint } from './endpoint.ts';

const DEVELOPMENT_CHAIN = 31_337n;
const GETH_DEVELOPMENT_CHAIN = 1_337n;
/** Ethereum finalises after two epochs. */
const CAUTIOUS_FINALITY_DEPTH = 64n;

const lower = (address: string): Hex => address.toLowerCase() as Hex;

/** The accounts of the service on its chain. */
export type Accounts = {
  readonly owner: LocalAccount;
  readonly operator: LocalAccount;
  readonly anchor: LocalAccount;
  readonly relay: LocalAccount;
};

export const composeAccounts = (keys: ServiceKeys): Accounts => ({
  owner: privateKeyToAccount(keys.owner),
  operator: privateKeyToAccount(keys.operator),
  anchor: privateKeyToAccount(keys.anchor),
  relay: privateKeyToAccount(keys.relay),
});

const isOfThisVersion = ({ evidenceLog, deviceRegistry }: RememberedContracts): boolean =>
  evidenceLog === evidenceLogAddress && deviceRegistry === deviceRegistryAddress;

/** Chains of one machine never take a block back: they mine when there is something to mine. */
const depthOf = (chainId: bigint): bigint =>
  chainId === DEVELOPMENT_CHAIN || chainId === GETH_DEVELOPMENT_CHAIN ? 0n : CAUTIOUS_FINALITY_DEPTH;

/** Who pays for the contracts gives the account that relays what it may spend in a day, once, where there is enough. */
const fundRelay = async (
  client: PublicClient,
  owner: LocalAccount,
  { address }: LocalAccount,
  value: bigint,
): Promise<void> => {
  if (value === 0n || (await client.getBalance({ address })) > 0n) return;
  if ((await client.getBalance({ address: owner.address })) < 4n * value) return;
  await sendAndWait(client, owner, { to: address, data: '0x', value }, 'first budget of relayed calls');
};

/**
 * The contracts and the log on the chain, made where the configuration asks for it.
 *
 * @throws ChainError
 */
export const composeDeployment = async (options: {
  readonly config: Config;
  readonly endpoint: ChainEndpoint;
  readonly accounts: Accounts;
  readonly keys: ServiceKeys;
  readonly database: Database;
  readonly files: DurableFiles;
}): Promise<{ readonly deployment: Deployment; readonly log: LogIdentity }> => {
  const { config, endpoint, accounts, keys, database, files } = options;
  const { client } = endpoint;
  const { owner, operator, anchor, relay } = accounts;
  const chainId = BigInt(await client.getChainId());
  if (config.keys.source === 'development' && chainId !== DEVELOPMENT_CHAIN)
    throw new ChainError(
      'wrong-chain',
      `KEYS=development is for chain ${DEVELOPMENT_CHAIN}, this is ${chainId}`,
    );
  const ownGuardian = async (): Promise<Hex> =>
    privateKeyToAccount(
      await openGuardianKey(config.keys, files, join(config.dataDir, 'keys', 'guardian.key')),
    ).address;
  if (endpoint.fund !== undefined)
    await endpoint.fund([owner.address, anchor.address, relay.address, await ownGuardian()]);

  const mayDeploy = config.chain.kind === 'embedded' || config.chain.deploy === 'contracts';
  const configured = config.chain.kind === 'external' ? config.chain.finalityDepth : undefined;
  const begunIn = await rememberedContracts(database);
  const found =
    begunIn !== undefined && !isOfThisVersion(begunIn)
      ? await rememberedDeployment(client, begunIn, depthOf(chainId))
      : mayDeploy
        ? await deployContracts({ client, payer: owner, finalityDepth: depthOf(chainId) })
        : await readDeployment(chainId);
  if (mayDeploy && endpoint.fund === undefined) await fundRelay(client, owner, relay, config.relay.weiPerDay);
  const deployment = { ...found, finalityDepth: configured ?? found.finalityDepth };

  const note = noteSignerFrom('log', NOTE_ALGORITHM.ed25519, fromHex(keys.note, 'note key', 32));
  const { salt } = config.log;
  const guardians = async (): Promise<NewLog['guardians']> => {
    if (config.log.guardians !== undefined) return config.log.guardians;
    if (chainId !== DEVELOPMENT_CHAIN)
      throw new ChainError(
        'guardians-missing',
        'the log is to be created, and GUARDIANS names nobody who may begin a new epoch when the anchor key is stolen ' +
          '(docs/guide/stolen-key.md)',
      );
    return { addresses: [await ownGuardian()], quorum: 1, delaySeconds: 0 };
  };
  const create = async () =>
    createLog({
      client,
      owner,
      evidenceLog: deployment.evidenceLog.address,
      log: {
        salt,
        registry: deployment.deviceRegistry.address,
        operator: operator.address,
        noteKey: toHex(note.verifierKey.publicKey),
        submitters: [anchor.address],
        guardians: await guardians(),
      },
    });
  const identity = { creator: lower(owner.address), salt, operator: lower(operator.address) };
  return { deployment, log: mayDeploy ? { ...identity, create } : identity };
};
