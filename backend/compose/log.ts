import { fromHex, type Hex } from '@gridseal/protocol/bytes';
import { checkpointOrigin } from '@gridseal/protocol/identity/log-id';
import type { Primitives } from '@gridseal/protocol/primitives';
import { domainOf, type Domain } from '@gridseal/protocol/statement/digest';
import {
  formatVerifierKey,
  NOTE_ALGORITHM,
  noteSignerFrom,
  type NoteSigner,
} from '@gridseal/protocol/tlog/note';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { createDigestSigner } from '../adapters/crypto/operator-signer.ts';
import type { DurableFiles } from '../adapters/durable-file/durable-files.ts';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { Config } from '../config.ts';
import type { ChainBinding, KeyDirectory } from '../features/chain/types.ts';
import type { HealthProbe } from '../features/health/types.ts';
import { createBlockIds } from '../features/ingest/block-ids.ts';
import { createInlineExaminer } from '../features/ingest/examiner.ts';
import { createGate, type Gate } from '../features/ingest/gate.ts';
import { createIngestProbe } from '../features/ingest/health.ts';
import { createIngest } from '../features/ingest/ingest.ts';
import { createReceiptIssuer } from '../features/ingest/receipt-issuer.ts';
import { ingestRoutes } from '../features/ingest/routes.ts';
import { startThreads, type Threads } from '../features/ingest/threads.ts';
import type { Ingest, PeriodKeys, ReceiptIssuer } from '../features/ingest/types.ts';
import { createLogReader } from '../features/log/log-reader.ts';
import { logRoutes } from '../features/log/routes.ts';
import type { LogReader } from '../features/log/types.ts';
import { createReceipts } from '../features/receipts/receipts.ts';
import { receiptRoutes } from '../features/receipts/routes.ts';
import type { AnchorCoverage } from '../features/receipts/types.ts';
import { createSequencerProbe } from '../features/sequencer/health.ts';
import { createPublishedFile } from '../features/sequencer/published.ts';
import { startSequencer } from '../features/sequencer/sequencer.ts';
import type { Witnessed } from '../features/sequencer/takeover.ts';
import type { Sequencer } from '../features/sequencer/types.ts';
import type { Cosignatures } from '../features/witness/types.ts';
import type { Route } from '../http/route.ts';
import type { Lifetime } from '../lifetime.ts';

/** The log of one alliance, from taking statements to serving proofs. */
export type LogParts = {
  readonly log: LogReader;
  readonly ingest: Ingest;
  readonly sequencer: Sequencer;
  /** What else must keep up before new work is taken is watched here. */
  readonly gate: Gate;
  /** C2SP text of the key that checkpoints verify under. */
  readonly verifierKey: string;
  readonly origin: string;
  readonly routes: (anchors: AnchorCoverage) => readonly Route[];
  readonly probes: readonly HealthProbe[];
};

/** Most bytes of batches under way at once: bodies, sealed payloads and entries of what is not yet written. */
const MAX_QUEUED_BYTES = 256 * 1024 * 1024;
const MAX_QUEUED_STATEMENTS = 65_536;

/** The native cryptography of the service; says once what the platform lacks. */
export const composePrimitives = async (logger: Logger): Promise<Primitives> => {
  const { primitives, missing } = await loadPrimitives();
  for (const { build, substitute, cause } of missing)
    logger.warn(
      { build, substitute, err: cause },
      'no native build for this platform: signatures and hashes are slower',
    );
  return primitives;
};

/** The signer of checkpoints; its name is the log's origin. @param seed Ed25519, 32 bytes */
export const composeNote = (config: Config, { logId, epoch }: ChainBinding, seed: Hex): NoteSigner => {
  const origin = checkpointOrigin({ host: config.log.host, logId: fromHex(logId, 'logId', 32), epoch });
  return noteSignerFrom(origin, NOTE_ALGORITHM.ed25519, fromHex(seed, 'note key', 32));
};

/**
 * Makes ingest, sequencer, log and receipts. The sequencer runs when this resolves.
 *
 * @param keys of the operator (secp256k1)
 * @param note signs checkpoints, under the log's origin
 * @param witnessed states of this epoch known to the chain or to witnesses
 * @param onFatal told when the log must not be continued
 * @throws SequencerError when the log must not be continued
 */
export const composeLog = async (parts: {
  readonly config: Config;
  readonly logger: Logger;
  readonly lifetime: Lifetime;
  readonly files: DurableFiles;
  readonly database: Database;
  readonly primitives: Primitives;
  readonly keys: { readonly operator: Hex };
  readonly note: NoteSigner;
  /** The signer of checkpoints of an earlier epoch. */
  readonly noteOf: (epoch: bigint) => NoteSigner;
  readonly cosignatures: Cosignatures;
  readonly periodKeys: PeriodKeys;
  readonly binding: ChainBinding;
  readonly directory: KeyDirectory;
  readonly witnessed: () => Promise<readonly Witnessed[]>;
  /** Why nothing may be taken into the log or signed, or undefined. */
  readonly haltedBy: () => string | undefined;
  readonly onFatal: (error: Error) => void;
}): Promise<LogParts> => {
  const { config, logger, lifetime, database, primitives, binding, directory } = parts;
  const logId = fromHex(binding.logId, 'logId', 32);
  const domain = domainOf(
    { chainId: binding.chainId, evidenceLog: fromHex(binding.evidenceLog, 'evidenceLog', 20), logId },
    primitives,
  );
  const operatorKey = fromHex(parts.keys.operator, 'operator key', 32);
  const operator = createDigestSigner(operatorKey);
  const { note } = parts;
  const origin = note.verifierKey.name;
  const issue = createReceiptIssuer({ domain, signer: operator, primitives });
  const now = Date.now;
  const anchorDeadlineMs = config.anchor.receiptDeadlineMs;

  const sequencer = await startSequencer({
    database,
    blockIds: createBlockIds(database),
    primitives,
    domain,
    operator,
    note,
    gapWindowMs: config.log.gapWindowMs,
    anchorDeadlineMs,
    now,
    logger: logger.child({ part: 'sequencer' }),
    origin,
    epoch: binding.epoch,
    noteOf: parts.noteOf,
    published: createPublishedFile(parts.files, config.dataDir),
    halted: () => parts.haltedBy() !== undefined,
    witnessed: parts.witnessed,
    checkpointIntervalMs: config.log.checkpointIntervalMs,
    onFatal: parts.onFatal,
  });
  lifetime.own('sequencer', sequencer.stop);

  const gate = createGate();
  gate.halt(parts.haltedBy);
  gate.watch({
    name: 'number of acknowledged batches that wait for the sequencer',
    figure: async () => (await sequencer.status()).pendingStatements,
    refuseAbove: config.ingest.maxPendingBatches,
  });
  gate.watch({
    name: 'age in ms of the oldest batch that waits for the sequencer',
    figure: async () => (await sequencer.status()).oldestPendingMs,
    refuseAbove: config.ingest.maxSequencerLagMs,
  });
  const work = composeWork({
    threads: config.ingest.workers,
    operatorKey,
    domain,
    issue,
    primitives,
    lifetime,
  });
  const ingest = createIngest({
    database,
    rules: {
      domain,
      directory,
      operator: operator.address,
      finalityDepth: binding.finalityDepth,
      maxClockSkewMs: config.ingest.maxClockSkewMs,
      admits: (owner) => config.ingest.admitOwners === 'any' || config.ingest.admitOwners.includes(owner),
      now,
      primitives,
    },
    periodKeys: parts.periodKeys,
    ...work,
    primitives,
    anchorDeadlineMs,
    limits: {
      maxQueuedStatements: MAX_QUEUED_STATEMENTS,
      maxQueuedBytes: MAX_QUEUED_BYTES,
    },
    gate,
  });
  lifetime.own('ingest', ingest.close);

  const log = createLogReader(database, primitives);
  const verifierKey = formatVerifierKey(note.verifierKey);
  return {
    log,
    ingest,
    sequencer,
    verifierKey,
    origin,
    routes: (anchors) => [
      ...ingestRoutes({ ingest, logId: binding.logId, maxBatches: config.ingest.maxBatchesPerRequest }),
      ...logRoutes(log, verifierKey, parts.cosignatures),
      ...receiptRoutes(
        createReceipts({ database, log, issue, anchors, cosignatures: parts.cosignatures, primitives }),
      ),
    ],
    gate,
    probes: [createIngestProbe(ingest, gate), createSequencerProbe(sequencer)],
  };
};

/** What costs, on threads of its own, or between other work on this one where there are none. */
const composeWork = (options: {
  readonly threads: number;
  readonly operatorKey: Uint8Array;
  readonly domain: Domain;
  readonly issue: ReceiptIssuer;
  readonly primitives: Primitives;
  readonly lifetime: Lifetime;
}): Pick<Threads, 'examine' | 'issue'> => {
  const { threads, operatorKey, domain, issue, primitives, lifetime } = options;
  if (threads === 0)
    return {
      examine: createInlineExaminer(primitives),
      issue: (taken) => Promise.resolve(taken.map(issue)),
    };
  const {
    examine,
    issue: issueThere,
    close,
  } = startThreads(threads, {
    primitivesModule: import.meta.resolve('@gridseal/sdk/node/crypto/native'),
    signerModule: new URL('../adapters/crypto/operator-signer.ts', import.meta.url).href,
    operatorKey,
    domain,
  });
  lifetime.own('examination threads', close);
  return { examine, issue: issueThere };
};
