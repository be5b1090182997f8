import type { Trust } from '@gridseal/protocol';
import { getTrust, type GridsealClient } from '@gridseal/sdk';
import { pinnedTrustFile, pinTrust } from '../../edge/gateway/pinned-trust.ts';
import { exists } from '../read-file.ts';
import { readTrustFile } from '../shipped-trust.ts';

/**
 * Whom a key believes: the trust file named, else the one that was pinned beside the key. Where nothing is pinned yet, the service
 * is asked this once, and what it says is pinned.
 *
 * @throws UsageError when a file is no trust file
 */
export const trustOfKey = async (
  keyFile: string,
  named: string | undefined,
  client: GridsealClient,
): Promise<Trust> => {
  if (named !== undefined) return (await readTrustFile(named)).trust;
  const pinned = pinnedTrustFile(keyFile);
  if (await exists(pinned)) return (await readTrustFile(pinned)).trust;
  const trust = await getTrust(client);
  await pinTrust(pinned, trust);
  return trust;
};
