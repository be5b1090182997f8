import { join } from 'node:path';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { privateKeyToAccount } from 'viem/accounts';
import { createBatchKeys } from '../../../backend/adapters/keys/batch-keys.ts';
import { createDurableFiles } from '../../../backend/adapters/durable-file/durable-files.ts';
import { openDiskStore } from '../../../backend/adapters/ipfs/disk-store.ts';
import { openDatabase } from '../../../backend/adapters/postgres/database.ts';
import { composeAnchoring } from '../../../backend/compose/anchoring.ts';
import { composeChain } from '../../../backend/compose/chain.ts';
import { composeErasure } from '../../../backend/compose/erasure.ts';
import { composeIncident } from '../../../backend/compose/incident.ts';
import { composeLog, composeNote } from '../../../backend/compose/log.ts';
import { composePeriodKeys } from '../../../backend/compose/period-keys.ts';
import { composePromise } from '../../../backend/compose/promise.ts';
import { readConfig } from '../../../backend/config.ts';
import type { Erasures } from '../../../backend/features/erasure/types.ts';
import {
  createBatchOpener,
  type BatchKeys,
  type BatchOpener,
} from '../../../backend/features/evidence/readings.ts';
import type { Ingest } from '../../../backend/features/ingest/types.ts';
import type { LogReader } from '../../../backend/features/log/types.ts';
import type { ContentStore } from '../../../backend/features/payloads/types.ts';
import { createLogReader } from '../../../backend/features/log/log-reader.ts';
import { operatorIntents } from '../../../backend/features/sequencer/operator-statements.ts';
import type { Sequencer } from '../../../backend/features/sequencer/types.ts';
import { NO_WITNESSES } from '../../../backend/features/witness/none.ts';
import { createLifetime } from '../../../backend/lifetime.ts';
import { testLogger } from '../../setup/postgres.ts';
import { faultyChainClient, faultyContentStore, type NodeMood } from './faulty-chain.ts';
import { faultyDatabase } from './faulty-database.ts';
import { createInjector, type Injector, type Schedule } from './injector.ts';
import { faultyFileSystem } from './power-loss-file-system.ts';
import type { World } from './world.ts';

/** One process of the service: everything behind HTTP, made by the service's own composition. */
export type FaultyProcess = {
  readonly ingest: Ingest;
  readonly log: LogReader;
  readonly sequencer: Sequencer;
  readonly injector: Injector;
  readonly erasures: Erasures;
  /** How payloads are opened, for a disclosure. */
  readonly evidence: { readonly batchKeys: BatchKeys; readonly opener: BatchOpener };
  readonly content: ContentStore;
  /** Why the log must not be continued, when it said so. */
  readonly fatal: () => Error | undefined;
  /** Ends it as Ctrl-C does, or clears up after it was killed. */
  readonly stop: () => Promise<void>;
};

const { primitives } = await loadPrimitives();

/**
 * Starts a process on what the world has. When it rejects, the process is over: it was killed, or it refused to start.
 *
 * @param name of its own disk; a process that is started again has the same
 * @param store shared by processes that run side by side, as a Kubo node is; the power then stays on when one is killed
 */
export const startProcess = async (
  world: World,
  options: {
    readonly name: string;
    readonly schedule: Schedule;
    readonly mood?: () => NodeMood;
    readonly store?: ContentStore;
  },
): Promise<FaultyProcess> => {
  const { keys } = world;
  const { disk } = world;
  const application = `gridseal ${options.name}`;
  const url = new URL(world.databaseUrl);
  url.searchParams.set('application_name', application);
  const injector = createInjector(options.schedule, () => world.disconnect(application));
  const lifetime = createLifetime(testLogger);
  let fatal: Error | undefined;
  const stop = async (): Promise<void> => {
    await lifetime.end();
    if (injector.isDead() && options.store === undefined) await disk.cutPower();
  };

  try {
    const config = readConfig({
      DATA_DIR: join(world.folder, options.name),
      PERIOD_KEY_DIR: join(world.folder, 'period-keys'),
      CHECKPOINT_INTERVAL_MS: '5',
      ANCHOR_INTERVAL_MS: '100',
      RECEIPT_DEADLINE_MS: String(world.promiseMs),
      INGEST_WORKERS: '0',
      LOG_LEVEL: 'silent',
    });
    const files = createDurableFiles(faultyFileSystem(disk.fileSystem, injector));
    const real = openDatabase({ url: url.href, poolSize: 6, logger: testLogger });
    lifetime.own('database', real.close);
    const database = faultyDatabase(real, injector);
    const periodKeys = await composePeriodKeys({ config, files, database, lifetime, logger: testLogger });
    const client = faultyChainClient(world.chain.url, injector, options.mood ?? (() => 'sound'));
    const content = faultyContentStore(
      options.store ?? (await openDiskStore({ folder: join(world.folder, 'blocks'), files })),
      injector,
    );
    const onFatal = (error: Error): void => {
      fatal ??= error;
    };
    const chain = await composeChain({
      client,
      database,
      deployment: world.deployment,
      log: world.identity,
      account: privateKeyToAccount(keys.anchor),
      relayAccount: privateKeyToAccount(keys.operator),
      relay: { owners: 'any', transactionsPerDay: 1_000, weiPerDay: 10n ** 18n },
      admitOwners: 'any',
      intents: operatorIntents,
      pollMs: 50,
      published: createLogReader(database, primitives),
      onFatal,
      lifetime,
      logger: testLogger,
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
      logger: testLogger,
    });
    const log = await composeLog({
      config,
      logger: testLogger,
      lifetime,
      files,
      database,
      primitives,
      keys,
      note,
      noteOf,
      haltedBy,
      cosignatures: NO_WITNESSES,
      periodKeys: periodKeys.ofIngest,
      binding: chain.binding,
      directory: world.directory,
      witnessed: chain.witnessed,
      onFatal,
    });
    const anchoring = composeAnchoring({
      config: config.anchor,
      client,
      database,
      chain,
      log: log.log,
      cosignatures: NO_WITNESSES,
      content,
      lifetime,
      logger: testLogger,
    });
    composePromise({
      config: config.anchor,
      client,
      database,
      chain,
      log: log.log,
      anchoring,
      lifetime,
      logger: testLogger,
    });
    const { erasures, isErased } = composeErasure({
      database,
      anchoring,
      log: log.log,
      content,
      keys: periodKeys.ofErasures,
      intents: operatorIntents,
      primitives,
      lookMs: 100,
      lifetime,
      logger: testLogger,
    });
    const batchKeys = createBatchKeys(periodKeys.store);
    const opener = createBatchOpener({ source: anchoring.source, store: content, batchKeys, isErased });
    const { ingest, sequencer } = log;
    return {
      ingest,
      log: log.log,
      sequencer,
      injector,
      erasures,
      evidence: { batchKeys, opener },
      content,
      fatal: () => fatal,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
