import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { toHex, type Hex } from '@gridseal/protocol/bytes';
import { NOTE_ALGORITHM, formatVerifierKey, noteSignerFrom } from '@gridseal/protocol/tlog/note';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { createDigestSigner } from '../../backend/adapters/crypto/operator-signer.ts';
import { createDurableFiles } from '../../backend/adapters/durable-file/durable-files.ts';
import type { Database } from '../../backend/adapters/postgres/database.ts';
import { createBlockIds } from '../../backend/features/ingest/block-ids.ts';
import { createInlineExaminer } from '../../backend/features/ingest/examiner.ts';
import { createGate, type Gate } from '../../backend/features/ingest/gate.ts';
import { createIngest, type IngestLimits } from '../../backend/features/ingest/ingest.ts';
import { createReceiptIssuer } from '../../backend/features/ingest/receipt-issuer.ts';
import type { Threads } from '../../backend/features/ingest/threads.ts';
import type {
  Ingest,
  OperatorSigner,
  PeriodKeys,
  ReceiptIssuer,
} from '../../backend/features/ingest/types.ts';
import { createLogReader } from '../../backend/features/log/log-reader.ts';
import type { LogReader } from '../../backend/features/log/types.ts';
import { createPublishedFile } from '../../backend/features/sequencer/published.ts';
import { startSequencer } from '../../backend/features/sequencer/sequencer.ts';
import type { Witnessed } from '../../backend/features/sequencer/takeover.ts';
import type { Sequencer } from '../../backend/features/sequencer/types.ts';
import type { Primitives } from '@gridseal/protocol/primitives';
import type { NoteSigner } from '@gridseal/protocol/tlog/note';
import { createTestDirectory, TEST_NOW, testDomain, type TestDirectory } from './devices.ts';
import { testLogger } from './postgres.ts';

export const TEST_ORIGIN = `log.test/${toHex(testDomain.logId).slice(2)}/0`;

/** Keys and clock of one log, for as many nodes as a test starts. */
export type TestLog = {
  readonly operatorKey: Uint8Array;
  readonly operator: OperatorSigner;
  readonly note: NoteSigner;
  readonly verifierKey: string;
  readonly directory: TestDirectory;
  readonly primitives: Primitives;
  readonly issue: ReceiptIssuer;
  readonly clock: { now: number };
  readonly admission: { admits: (owner: Hex) => boolean };
};

export const createTestLog = async (): Promise<TestLog> => {
  const { primitives } = await loadPrimitives();
  const operatorKey = new Uint8Array(randomBytes(32));
  const operator = createDigestSigner(operatorKey);
  const note = noteSignerFrom(TEST_ORIGIN, NOTE_ALGORITHM.ed25519, new Uint8Array(randomBytes(32)));
  return {
    operatorKey,
    operator,
    note,
    verifierKey: formatVerifierKey(note.verifierKey),
    directory: createTestDirectory(),
    primitives,
    issue: createReceiptIssuer({ domain: testDomain, signer: operator, primitives }),
    clock: { now: TEST_NOW },
    admission: { admits: () => true },
  };
};

export const TEST_ANCHOR_DEADLINE_MS = 3_600_000;
export const TEST_GAP_WINDOW_MS = 60_000;

/** The costly part of ingest on the calling thread. */
export const inlineWork = ({ issue, primitives }: TestLog): Pick<Threads, 'examine' | 'issue'> => ({
  examine: createInlineExaminer(primitives),
  issue: (taken) => Promise.resolve(taken.map(issue)),
});

const TEST_PERIOD_KEYS: PeriodKeys = {
  current: () => ({ period: '2026-11', key: new Uint8Array(32).fill(9) }),
  closed: () => undefined,
};

/** Ingest of a log on a database. */
export const createTestIngest = (
  log: TestLog,
  database: Database,
  limits: Partial<IngestLimits> = {},
  work: Pick<Threads, 'examine' | 'issue'> = inlineWork(log),
  gate: Gate = createGate(),
  periodKeys: PeriodKeys = TEST_PERIOD_KEYS,
): Ingest =>
  createIngest({
    database,
    rules: {
      domain: testDomain,
      directory: log.directory,
      operator: log.operator.address,
      finalityDepth: 10n,
      maxClockSkewMs: 300_000,
      admits: (owner) => log.admission.admits(owner),
      now: () => log.clock.now,
      primitives: log.primitives,
    },
    periodKeys,
    ...work,
    primitives: log.primitives,
    anchorDeadlineMs: TEST_ANCHOR_DEADLINE_MS,
    gate,
    limits: {
      maxQueuedStatements: 10_000,
      maxQueuedBytes: 100_000_000,
      ...limits,
    },
  });

/** A sequencer of a log on a database, its published file in `folder`. */
export const startTestSequencer = (
  log: TestLog,
  database: Database,
  folder: string,
  options: {
    readonly witnessed?: readonly Witnessed[];
    readonly noteOf?: (epoch: bigint) => NoteSigner;
    readonly epoch?: bigint;
    readonly halted?: () => boolean;
    readonly onFatal?: (error: Error) => void;
  } = {},
): Promise<Sequencer> => {
  const note = options.epoch === undefined ? log.note : (options.noteOf?.(options.epoch) ?? log.note);
  return startSequencer({
    database,
    blockIds: createBlockIds(database),
    primitives: log.primitives,
    domain: testDomain,
    operator: log.operator,
    note,
    gapWindowMs: TEST_GAP_WINDOW_MS,
    anchorDeadlineMs: TEST_ANCHOR_DEADLINE_MS,
    now: () => log.clock.now,
    logger: testLogger,
    origin: note.verifierKey.name,
    epoch: options.epoch ?? 0n,
    noteOf: (epoch) => options.noteOf?.(epoch) ?? log.note,
    halted: () => options.halted?.() === true,
    published: createPublishedFile(createDurableFiles(), join(folder, 'state')),
    witnessed: async () => options.witnessed ?? [],
    checkpointIntervalMs: 20,
    onFatal: options.onFatal ?? (() => undefined),
  });
};

/** Reads a log. */
export const createTestReader = (log: TestLog, database: Database): LogReader =>
  createLogReader(database, log.primitives);
