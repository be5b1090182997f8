import { domainOf, fromHex } from '@gridseal/protocol';

import type { Database } from '../adapters/postgres/database.ts';
import { createDeviceSearch } from '../features/chain/device-search.ts';
import { createOverview, type Overview } from '../features/docs/overview.ts';
import type { LogReader } from '../features/log/types.ts';
import type { composeAnchoring } from './anchoring.ts';
import type { ChainParts } from './chain.ts';

/** What the landing page shows of the log and the registry. */
export const composeOverview = (options: {
  readonly database: Database;
  readonly chain: ChainParts;
  readonly anchoring: Pick<ReturnType<typeof composeAnchoring>, 'archive'>;
  readonly log: LogReader;
}): (() => Promise<Overview>) => {
  const { database, chain, anchoring, log } = options;
  const { binding, directory, profiles } = chain;
  const search = createDeviceSearch(database, directory);
  return createOverview({
    log,
    domain: domainOf({
      chainId: binding.chainId,
      evidenceLog: fromHex(binding.evidenceLog),
      logId: fromHex(binding.logId),
    }),
    provableBelow: anchoring.archive.coveredBelow,
    devices: async (filter) => (await search(filter)).keys,
    profiles,
  });
};
