import { join } from 'node:path';
import type { Hex, PublicClient } from 'viem';

import { createChainClient } from '../adapters/chain-rpc/client.ts';
import type { DurableFiles } from '../adapters/durable-file/durable-files.ts';
import { startEmbeddedChain } from '../adapters/embedded-chain/embedded-chain.ts';
import { openDiskStore } from '../adapters/ipfs/disk-store.ts';
import { createKuboStore } from '../adapters/ipfs/kubo-store.ts';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Config } from '../config.ts';
import type { HealthProbe } from '../features/health/types.ts';
import { createBlockstoreProbe } from '../features/payloads/health.ts';
import type { ContentStore } from '../features/payloads/types.ts';
import type { Lifetime } from '../lifetime.ts';

/** A chain's RPC. On the embedded chain accounts get what they need; elsewhere someone must pay. */
export type ChainEndpoint = {
  readonly url: string;
  readonly client: PublicClient;
  readonly fund: ((accounts: readonly Hex[]) => Promise<void>) | undefined;
};

const EMBEDDED_BALANCE = 10n ** 22n;

type Parts = {
  readonly config: Config;
  readonly files: DurableFiles;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
};

/** The chain that the configuration names: the embedded one, started here, or an external RPC. */
export const composeEndpoint = async ({ config, files, lifetime, logger }: Parts): Promise<ChainEndpoint> => {
  if (config.chain.kind === 'external') {
    const { url } = config.chain;
    return { url, client: createChainClient(url), fund: undefined };
  }
  const folder = join(config.dataDir, 'chain');
  const chain = await startEmbeddedChain({ folder, files, port: config.chain.port, logger });
  lifetime.own('embedded chain', chain.stop);
  return {
    url: chain.url,
    client: createChainClient(chain.url),
    fund: (accounts) => chain.fund(accounts, EMBEDDED_BALANCE),
  };
};

/** The content store that the configuration names: blocks on disk, or a Kubo node. */
export const composeContent = async ({
  config,
  files,
}: Pick<Parts, 'config' | 'files'>): Promise<{
  readonly store: ContentStore;
  readonly probes: readonly HealthProbe[];
}> => {
  if (config.contentStore.kind === 'external')
    return { store: createKuboStore(config.contentStore.url), probes: [] };
  const store = await openDiskStore({ folder: join(config.dataDir, 'blocks'), files });
  return { store, probes: [createBlockstoreProbe(store)] };
};
