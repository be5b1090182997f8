import { readFile } from 'node:fs/promises';
import { z } from 'zod';

import type { Deployment } from './bind.ts';
import { ChainError } from './errors.ts';

const contract = z.object({
  address: z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{40}$/)]),
  codeHash: z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)]),
});
const decimal = z
  .string()
  .regex(/^(0|[1-9]\d*)$/)
  .transform(BigInt);

const record = z.object({
  chainId: decimal,
  evidenceLog: contract,
  deviceRegistry: contract,
  anchorPromise: contract.optional(),
  finalityDepth: decimal,
  firstBlock: decimal,
});

/** Where the deployments that the project ships are: `<chainId>.json`. */
export const DEPLOYMENTS_FOLDER = new URL('../../../deployments/', import.meta.url);

/**
 * Where the contracts are on a chain, as `deployments/<chainId>.json` records it.
 *
 * @throws ChainError `contract-missing` when there is no record of the chain
 */
export const readDeployment = async (
  chainId: bigint,
  folder: URL = DEPLOYMENTS_FOLDER,
): Promise<Deployment> => {
  const file = new URL(`${chainId}.json`, folder);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    const detail = `no deployment on chain ${chainId} is recorded: npm run deploy puts the contracts there, as DEPLOY=contracts does`;
    throw new ChainError('contract-missing', detail, error);
  });
  const found = record.parse(JSON.parse(text));
  if (found.chainId !== chainId)
    throw new ChainError('wrong-chain', `${file.pathname} is of chain ${found.chainId}`);
  return found;
};
