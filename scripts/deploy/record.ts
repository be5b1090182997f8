import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  anchorPromiseAddress,
  anchorPromiseCodeHash,
  deviceRegistryAddress,
  deviceRegistryCodeHash,
  evidenceLogAddress,
  evidenceLogCodeHash,
} from '@gridseal/sdk/abi/deployment';
import type { Hex } from 'viem';

/** What a chain's record says; verifiers and services read it. */
export type DeploymentFacts = {
  readonly chainId: bigint;
  readonly genesisHash: Hex;
  readonly finalityDepth: bigint;
  /** No event of the contracts is older. */
  readonly firstBlock: bigint;
};

/**
 * Writes the record of a deployment. What a record of the same chain says of its logs, its name and its first block stays:
 * a second run finds the contracts there and must not forget when they came.
 *
 * @returns the record's text
 */
export const writeRecord = async (path: string, facts: DeploymentFacts): Promise<string> => {
  const before = await readBefore(path);
  if (before.chainId !== undefined && before.chainId !== String(facts.chainId))
    throw new Error(`${path} is the record of chain ${before.chainId}, and this is chain ${facts.chainId}`);
  const record = {
    chainId: String(facts.chainId),
    name: before.name ?? `chain ${facts.chainId}`,
    evidenceLog: { address: evidenceLogAddress, codeHash: evidenceLogCodeHash },
    deviceRegistry: { address: deviceRegistryAddress, codeHash: deviceRegistryCodeHash },
    anchorPromise: { address: anchorPromiseAddress, codeHash: anchorPromiseCodeHash },
    firstBlock: isSame(before) ? before.firstBlock : String(facts.firstBlock),
    finalityDepth: String(facts.finalityDepth),
    genesisHash: facts.genesisHash,
    logs: before.logs ?? [],
  };
  const text = `${JSON.stringify(record, null, 2)}\n`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return text;
};

type Before = {
  readonly chainId?: string;
  readonly name?: string;
  readonly firstBlock?: string;
  readonly logs?: readonly unknown[];
  readonly evidenceLog?: { readonly address: string };
  readonly deviceRegistry?: { readonly address: string };
};

const readBefore = async (path: string): Promise<Before> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Before;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
};

const isSame = ({ evidenceLog, deviceRegistry }: Before): boolean =>
  evidenceLog?.address === evidenceLogAddress && deviceRegistry?.address === deviceRegistryAddress;
