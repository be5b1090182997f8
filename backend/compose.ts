import { encodeTrust, fromUtf8 } from '@gridseal/protocol';
import { formatVerifierKey } from '@gridseal/protocol/tlog/note';
import packageManifest from '../package.json' with { type: 'json' };
import { createDurableFiles } from './adapters/durable-file/durable-files.ts';
import { openServiceKeys } from './adapters/keys/key-files.ts';
import type { Logger } from './adapters/logger/logger.ts';
import { migrate } from './adapters/postgres/migrations.ts';
import { openConfiguredDatabase } from './adapters/postgres/open.ts';
import { probeDatabase } from './adapters/postgres/probe.ts';
import { toDatabaseProblem } from './adapters/postgres/problem.ts';
import { composeAnchoring } from './compose/anchoring.ts';
import { composeChain } from './compose/chain.ts';
import { composeAccounts, composeDeployment } from './compose/deployment.ts';
import { composeContent, composeEndpoint } from './compose/endpoint.ts';
import { composeDisk } from './compose/disk.ts';
import { composeErasure } from './compose/erasure.ts';
import { composeEvidence } from './compose/evidence.ts';
import { composeIncident } from './compose/incident.ts';
import { composeLog, composeNote, composePrimitives } from './compose/log.ts';
import { composeMessaging } from './compose/messaging.ts';
import { composeOverview } from './compose/overview.ts';
import { composePeriodKeys } from './compose/period-keys.ts';
import { composePromise } from './compose/promise.ts';
import { composeWitness } from './compose/witness.ts';
import type { Config } from './config.ts';
import { nodeAwayBecause } from './ethereum/away.ts';
import { docsRoutes } from './features/docs/routes.ts';
import { SIGNPOSTS } from './features/docs/signposts.ts';
import { toErasureProblem } from './features/erasure/routes.ts';
import { toEvidenceProblem } from './features/evidence/routes.ts';
import { createHealth } from './features/health/health.ts';
import { createMetrics } from './features/health/metrics.ts';
import { healthRoutes } from './features/health/routes.ts';
import { serveMqtt } from './features/ingest/mqtt.ts';
import { toIngestProblem } from './features/ingest/routes.ts';
import { createLogReader } from './features/log/log-reader.ts';
import { operatorIntents } from './features/sequencer/operator-statements.ts';
import { trustRoutes, writeTrustFile } from './features/trust/routes.ts';
import { describeTrust, noteKeysOf } from './features/trust/trust.ts';
import { startHttpServer } from './http/server.ts';
import { createLifetime } from './lifetime.ts';
import { untilReady } from './worker/until-ready.ts';

/** What the process tells apart from a log that must not be continued. */
export { EpochOver } from './features/anchor/errors.ts';

/** How often the follower looks for new blocks. */
const CHAIN_POLL_MS = 500;
/** How long a part may take to stop before the others are stopped without it. */
const STOP_WITHIN_MS = 10_000;

/** A running service: where its parts answer, and how to stop it. */
export type Service = {
  readonly url: string;
  readonly rpcUrl: string;
  readonly mqttUrl: string;
  readonly logId: string;
  readonly origin: string;
  readonly trustFile: string;
  readonly stop: () => Promise<void>;
};

/**
 * Makes the service out of its parts: adapters, then features, then routes, then the server. This
 * and the files in `compose/` are the only places that construct any of them.
 *
 * @param onFatal told when the log must not be continued; the caller stops the service
 * @param signal ends the wait for a part that does not answer yet
 * @throws what a part throws that cannot start; parts that had started are stopped first
 */
export const compose = async (
  config: Config,
  logger: Logger,
  onFatal: (error: Error) => void,
  signal?: AbortSignal,
): Promise<Service> => {
  const lifetime = createLifetime(logger, STOP_WITHIN_MS);
  const loggerOf = (part: string) => logger.child({ part });
  try {
    const files = createDurableFiles();
    const keys = await openServiceKeys(config.keys, files);
    const primitives = await composePrimitives(loggerOf('crypto'));
    const database = await openConfiguredDatabase({
      config,
      files,
      lifetime,
      logger: loggerOf('database'),
      signal,
    });
    await migrate(database);
    const periodKeys = await composePeriodKeys({
      config,
      files,
      database,
      lifetime,
      logger: loggerOf('keys'),
    });
    const endpoint = await composeEndpoint({ config, files, lifetime, logger: loggerOf('chain') });
    const { store: content, probes: contentProbes } = await composeContent({ config, files });
    const { messaging, probes: messagingProbes } = await composeMessaging({
      config,
      lifetime,
      logger: loggerOf('mqtt'),
      signal,
    });

    const accounts = composeAccounts(keys);
    const whenChainAnswers = <T>(attempt: () => Promise<T>): Promise<T> =>
      untilReady({
        part: 'the chain',
        attempt,
        awayBecause: nodeAwayBecause,
        logger: loggerOf('chain'),
        signal,
      });
    const { deployment, log: identity } = await whenChainAnswers(() =>
      composeDeployment({ config, endpoint, accounts, keys, database, files }),
    );
    const chain = await composeChain({
      client: endpoint.client,
      database,
      deployment,
      log: identity,
      account: accounts.anchor,
      relayAccount: accounts.relay,
      relay: config.relay,
      admitOwners: config.ingest.admitOwners,
      intents: operatorIntents,
      pollMs: CHAIN_POLL_MS,
      whenChainAnswers,
      published: createLogReader(database, primitives),
      onFatal,
      lifetime,
      logger: loggerOf('chain'),
    });
    const noteOf = (epoch: bigint) => composeNote(config, { ...chain.binding, epoch }, keys.note);
    const note = noteOf(chain.binding.epoch);
    const haltedBy = await composeIncident({
      watch: chain.watch,
      database,
      files,
      dataDir: config.dataDir,
      content,
      note,
      primitives,
      logger: loggerOf('anchor'),
    });
    const witness = await composeWitness({
      config: config.witness,
      database,
      primitives,
      note,
      lifetime,
      logger: loggerOf('witness'),
      onFatal,
    });
    const log = await composeLog({
      config,
      logger,
      lifetime,
      files,
      database,
      primitives,
      keys,
      note,
      noteOf,
      cosignatures: witness.cosignatures,
      periodKeys: periodKeys.ofIngest,
      binding: chain.binding,
      directory: chain.directory,
      haltedBy,
      witnessed: async () => [...(await chain.witnessed()), ...(await witness.standings())],
      onFatal,
    });
    const anchoring = composeAnchoring({
      config: config.anchor,
      client: endpoint.client,
      database,
      chain,
      log: log.log,
      cosignatures: witness.cosignatures,
      content,
      lifetime,
      logger: loggerOf('anchor'),
    });
    const promise = composePromise({
      config: config.anchor,
      client: endpoint.client,
      database,
      chain,
      log: log.log,
      anchoring,
      lifetime,
      logger: loggerOf('promise'),
    });
    log.gate.watch({
      name: 'age in ms of the oldest entry that no anchor covers',
      figure: anchoring.oldestUnanchoredMs,
      refuseAbove: config.anchor.maxUnanchoredMs,
    });
    const diskProbes = composeDisk({ config, gate: log.gate, lifetime, logger: loggerOf('disk') });
    await serveMqtt({
      messaging,
      ingest: log.ingest,
      logId: chain.binding.logId,
      maxBatches: config.ingest.maxBatchesPerRequest,
    });
    const demand = await witness.demand((await log.log.head())?.size ?? 0n);
    const noteKeys = noteKeysOf(await chain.watch.epochs(), chain.binding.epoch, (epoch) =>
      formatVerifierKey(noteOf(epoch).verifierKey),
    );
    const trust = describeTrust(chain.binding, deployment, noteKeys, demand);
    const trustText = fromUtf8(encodeTrust(trust));
    const trustFile = await writeTrustFile(files, config.dataDir, trustText);
    const erasure = composeErasure({
      database,
      anchoring,
      log: log.log,
      content,
      keys: periodKeys.ofErasures,
      intents: operatorIntents,
      primitives,
      lifetime,
      logger: loggerOf('erasure'),
    });
    const evidence = composeEvidence({
      database,
      chain,
      anchoring,
      log: log.log,
      content,
      periodKeys,
      isErased: erasure.isErased,
      verifierKeys: [...noteKeys.map(({ key }) => key), ...witness.keys],
      trust,
      lifetime,
      logger: loggerOf('evidence'),
    });

    const metrics = createMetrics();
    const health = createHealth({
      version: packageManifest.version,
      probes: [
        { part: 'database', check: () => probeDatabase(database) },
        ...messagingProbes,
        ...chain.probes,
        ...log.probes,
        ...anchoring.probes,
        ...contentProbes,
        ...diskProbes,
        ...promise.probes,
        ...witness.start(log.log),
      ],
    });
    const routes = [
      ...log.routes(anchoring.coverage),
      ...chain.routes,
      ...anchoring.routes,
      ...evidence.routes,
      ...erasure.routes,
      ...trustRoutes(trustText),
      ...healthRoutes({ health, metrics }),
    ];
    const docs = docsRoutes({
      version: packageManifest.version,
      routes,
      facts: () => [
        { name: 'Log origin', value: log.origin },
        { name: 'Note verifier key', value: log.verifierKey },
        { name: 'Chain', value: String(chain.binding.chainId) },
        { name: 'EvidenceLog', value: chain.binding.evidenceLog },
        { name: 'DeviceRegistry', value: chain.binding.deviceRegistry },
        { name: 'Device messaging', value: messaging.url },
      ],
      signposts: SIGNPOSTS,
      overview: composeOverview({ database, chain, anchoring, log: log.log }),
    });
    const server = await startHttpServer({
      config: config.http,
      logger: loggerOf('http'),
      routes: [...routes, ...docs],
      operatorToken: keys.apiToken,
      mappers: [toDatabaseProblem, toIngestProblem, toEvidenceProblem, toErasureProblem],
      observe: metrics.observeRequest,
    });
    lifetime.own('http server', server.close);
    return {
      url: server.url,
      rpcUrl: endpoint.url,
      mqttUrl: messaging.url,
      logId: chain.binding.logId,
      origin: log.origin,
      trustFile,
      stop: lifetime.end,
    };
  } catch (error) {
    await lifetime.end();
    throw error;
  }
};
