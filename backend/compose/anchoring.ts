import type { PublicClient } from 'viem';

import type { Logger } from '../adapters/logger/logger.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { Config } from '../config.ts';
import { anchorable } from '../features/anchor/anchorable.ts';
import { createAnchorStore } from '../features/anchor/anchor-store.ts';
import { createAnchorArchivist } from '../features/anchor/archive/archivist.ts';
import { createEvidenceStore } from '../features/anchor/archive/evidence-store.ts';
import { createAnchorCoverage, createAnchorProbe, readAnchorLiveness } from '../features/anchor/coverage.ts';
import { createManifestBuilder } from '../features/anchor/manifest-builder.ts';
import { anchorRoutes } from '../features/anchor/routes.ts';
import { createAnchorWorker } from '../features/anchor/worker.ts';
import type { LogReader } from '../features/log/types.ts';
import { createPayloadProbe } from '../features/payloads/health.ts';
import { createPayloadMover } from '../features/payloads/mover.ts';
import { createPostgresPayloadSource } from '../features/payloads/postgres-source.ts';
import { payloadRoutes } from '../features/payloads/routes.ts';
import { createSegments } from '../features/payloads/segments.ts';
import type { ContentStore } from '../features/payloads/types.ts';
import type { Cosignatures } from '../features/witness/types.ts';
import type { Lifetime } from '../lifetime.ts';
import { createLease } from '../worker/lease.ts';
import { createPoller } from '../worker/poller.ts';
import type { ChainParts } from './chain.ts';

/** The longest that a new block or checkpoint waits for the anchor worker. */
const ANCHOR_LOOK_MS = 1_000;
const MOVE_LOOK_MS = 5_000;

/** Payloads on their way to the content store, and checkpoints on their way to the chain. */
export const composeAnchoring = (options: {
  readonly config: Config['anchor'];
  readonly client: PublicClient;
  readonly database: Database;
  readonly chain: ChainParts;
  readonly log: LogReader;
  readonly cosignatures: Cosignatures;
  readonly content: ContentStore;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
}) => {
  const { config, client, database, chain, log, content, lifetime, logger } = options;
  const { binding, directory, follower, outbox, watch } = chain;
  const { epoch, finalityDepth } = binding;
  const segments = createSegments(database);
  const source = createPostgresPayloadSource(database, log);
  const publishedSize = async () => (await log.head())?.size ?? 0n;
  const mover = createPayloadMover({ source, store: content, segments, publishedSize, logger });
  const store = createAnchorStore(database);
  const archive = createEvidenceStore(database);
  // One lease for both: the anchor worker moves payloads too, and two movers would store a segment twice.
  const lease = createLease(database, 'anchor');
  const worker = createAnchorWorker({
    log,
    client,
    binding,
    directory,
    follower,
    outbox,
    store,
    mover,
    manifests: createManifestBuilder({
      log,
      store: content,
      archive,
      profiles: chain.profiles,
      logId: binding.logId,
    }),
    archivist: createAnchorArchivist({ client, binding, log, store: archive }),
    policy: config,
    candidate: () => anchorable(log, options.cosignatures),
    holdsLease: lease.holds,
    watch,
    logger,
  });
  lifetime.own('anchor lease', lease.release);
  const steps = {
    anchor: { intervalMs: Math.min(ANCHOR_LOOK_MS, config.intervalMs), step: worker.step },
    payloads: {
      intervalMs: MOVE_LOOK_MS,
      step: async () => ((await lease.holds()) ? mover.step() : ('idle' as const)),
    },
  };
  for (const [name, { intervalMs, step }] of Object.entries(steps)) {
    const poller = createPoller({ name, intervalMs, step, logger });
    poller.start();
    lifetime.own(`${name} worker`, poller.stop);
  }
  return {
    archive,
    source,
    /** Whether this process is the one that moves, anchors and erases. */
    holdsLease: lease.holds,
    oldestUnanchoredMs: async () =>
      (await readAnchorLiveness(log, store, epoch, Date.now())).oldestUnanchoredMs,
    coverage: createAnchorCoverage({ store, archive, directory, finalityDepth }),
    routes: [
      ...anchorRoutes({ store, directory, finalityDepth }),
      ...payloadRoutes({ store: content, segments }),
    ],
    probes: [
      createPayloadProbe({ segments, publishedSize, expectedEntries: 2 * config.maxEntries }),
      createAnchorProbe({
        log,
        store,
        epoch,
        intervalMs: config.intervalMs,
        deadlineMs: config.receiptDeadlineMs,
        watch,
        quorum: chain.quorum,
      }),
    ],
  };
};
