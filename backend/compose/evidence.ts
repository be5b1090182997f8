import {
  decodeBundle,
  encodeBundle,
  fromHex,
  parseVerifierKey,
  verify,
  type Trust,
} from '@gridseal/protocol';
import { domainOf } from '@gridseal/protocol/statement/digest';

import { createBatchKeys } from '../adapters/keys/batch-keys.ts';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { createBundles, type BundleCheck } from '../features/evidence/bundles.ts';
import { createBatchOpener } from '../features/evidence/readings.ts';
import { evidenceRoutes } from '../features/evidence/routes.ts';
import { createSearchIndexer } from '../features/evidence/search-index.ts';
import { createStatementSearch } from '../features/evidence/search.ts';
import type { LogReader } from '../features/log/types.ts';
import type { ContentStore } from '../features/payloads/types.ts';
import type { Lifetime } from '../lifetime.ts';
import { createPoller } from '../worker/poller.ts';
import type { composeAnchoring } from './anchoring.ts';
import type { ChainParts } from './chain.ts';
import type { ComposedPeriodKeys } from './period-keys.ts';

const INDEX_LOOK_MS = 500;

/** Layers that a bundle cannot have before its anchor. */
const WITHOUT_ANCHOR = ['authority', 'anchor', 'chain'] as const;
/** What the operator says of others is for the whole log to show. */
const ALWAYS = ['claims'] as const;

/** Verifies a bundle as a stranger with this trust would, our own node answering for the anchor's block. */
const checkBy =
  (trust: Trust): BundleCheck =>
  (bytes, { anchorBlock }) => {
    const headers = anchorBlock === undefined ? [] : [anchorBlock];
    const waive = anchorBlock === undefined ? [...WITHOUT_ANCHOR, ...ALWAYS] : ALWAYS;
    const verdict = verify(decodeBundle(bytes), { ...trust, headers }, { waive });
    return verdict.layers
      .filter(({ status, required, waived, code }) =>
        status === 'fail' ? !waived || code !== 'Missing' : status !== 'pass' && required && !waived,
      )
      .map(({ layer, detail }) => `${layer}: ${detail}`);
  };

/** Bundles, search and disclosures. */
export const composeEvidence = (options: {
  readonly database: Database;
  readonly chain: ChainParts;
  readonly anchoring: ReturnType<typeof composeAnchoring>;
  readonly log: LogReader;
  readonly content: ContentStore;
  readonly periodKeys: ComposedPeriodKeys;
  readonly isErased: (digest: Uint8Array) => Promise<boolean>;
  /** C2SP verifier keys of the log and its witnesses. */
  readonly verifierKeys: readonly string[];
  readonly trust: Trust;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
}) => {
  const { database, chain, anchoring, log, content, lifetime, logger } = options;
  const { binding, directory, profiles } = chain;
  const domain = domainOf({
    chainId: binding.chainId,
    evidenceLog: fromHex(binding.evidenceLog),
    logId: fromHex(binding.logId),
  });
  const opener = createBatchOpener({
    source: anchoring.source,
    store: content,
    batchKeys: createBatchKeys(options.periodKeys.store),
    isErased: options.isErased,
  });
  const bundles = createBundles({
    log,
    archive: anchoring.archive,
    binding,
    directory,
    opener,
    profiles,
    verifierKeys: options.verifierKeys.map((text) => parseVerifierKey(text)),
    encode: encodeBundle,
    check: checkBy(options.trust),
  });
  const indexer = createSearchIndexer(database, log);
  const poller = createPoller({
    name: 'search index',
    intervalMs: INDEX_LOOK_MS,
    step: indexer.step,
    logger,
  });
  poller.start();
  lifetime.own('search index worker', poller.stop);
  const search = createStatementSearch(database, log, domain);
  return {
    bundles,
    routes: evidenceRoutes({ bundles, search, opener, log }),
  };
};
