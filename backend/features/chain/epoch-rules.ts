import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import type { PublicClient } from 'viem';

import type { ChainBinding } from './types.ts';

/** Guardians who must agree before the log may go on in a new epoch; 0 = it never can. */
export const readEpochQuorum = async (
  client: PublicClient,
  { evidenceLog, logId }: Pick<ChainBinding, 'evidenceLog' | 'logId'>,
): Promise<number> => {
  const [quorum] = await client.readContract({
    address: evidenceLog,
    abi: evidenceLogAbi,
    functionName: 'epochRules',
    args: [logId],
  });
  return quorum;
};
