import { setTimeout as sleep } from 'node:timers/promises';
import type { NoteSigner } from '@gridseal/protocol/tlog/note';
import type { Logger } from '../../adapters/logger/logger.ts';
import { DatabaseError } from '../../adapters/postgres/errors.ts';
import type { Session } from '../../adapters/postgres/database.ts';
import { createChains } from './chains.ts';
import { SequencerError, TermLost } from './errors.ts';
import { integrate, type IntegrationOptions, type LogState } from './integration.ts';
import { hasWork, readEdge, readHead, writePublished } from './log-store.ts';
import type { PublishedFile } from './published.ts';
import { takeOver, type Witnessed } from './takeover.ts';
import type { Sequencer, SequencerStatus } from './types.ts';

/** Any fixed number: the sequencers of one database contend for it. */
const LEADER_LOCK = 7_031_872_640_916n;
/** Checkpoint intervals between two attempts: to lead, and after a failure. */
const STANDBY_INTERVALS = 4;
const RETRY_INTERVALS = 2;

/**
 * Starts a sequencer. It stands by until it gets the lock, and writes nothing before the log was found fit to continue.
 *
 * @param onFatal told of a {@link SequencerError}: the log must not be continued, and this sequencer has stopped
 * @returns once it leads or stands by
 * @throws SequencerError when it got the lock at once and the log must not be continued
 */
export const startSequencer = async (
  options: IntegrationOptions & {
    readonly logger: Logger;
    readonly origin: string;
    readonly epoch: bigint;
    /** The signer of checkpoints of an earlier epoch. */
    readonly noteOf: (epoch: bigint) => NoteSigner;
    readonly published: PublishedFile;
    readonly witnessed: () => Promise<readonly Witnessed[]>;
    readonly checkpointIntervalMs: number;
    /** While it is so, nothing is taken into the log and nothing is signed: what is anchored in our name is not ours. */
    readonly halted: () => boolean;
    readonly onFatal: (error: SequencerError) => void;
  },
): Promise<Sequencer> => {
  const { database, logger, published, now, checkpointIntervalMs, halted } = options;
  const standbyMs = STANDBY_INTERVALS * checkpointIntervalMs;
  const retryMs = RETRY_INTERVALS * checkpointIntervalMs;
  const stopping = new AbortController();
  const chains = createChains();
  let state: LogState | undefined;
  let lastError: string | undefined;
  let stopped = false;

  const publish = async ({ head }: LogState): Promise<void> => {
    await published.write(head.checkpoint);
    await writePublished(database, head, now());
  };

  const elect = async (): Promise<Session | undefined> => {
    if (halted()) return undefined;
    const session = await database.session();
    const [row] = await session.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      LEADER_LOCK,
    ]);
    if (row?.locked === true) return session;
    await session.release();
    return undefined;
  };

  const lead = async (): Promise<LogState> => {
    chains.forget();
    const taken = await takeOver({ ...options, nowMs: now() });
    await publish(taken);
    logger.info({ term: taken.head.term, size: taken.head.size }, 'sequencing');
    return taken;
  };

  /** Finds out what a commit did whose answer was lost, before anything is signed again. */
  const readAgain = async (before: LogState): Promise<LogState> => {
    return database.transaction(
      async (tx) => {
        const head = await readHead(tx);
        if (head?.term !== before.head.term) throw new TermLost(`term ${before.head.term} ended`);
        return head.size === before.head.size ? before : { head, edge: await readEdge(tx, head.size) };
      },
      { isolation: 'repeatable read', reads: 'settled' },
    );
  };

  const step = async (before: LogState): Promise<LogState> => {
    if (!(await hasWork(database, now() - options.gapWindowMs)) && before.head.size > 0n) return before;
    try {
      return await integrate(before, chains, options);
    } catch (error) {
      chains.forget();
      if (error instanceof DatabaseError && error.code === 'outcome-unknown') return readAgain(before);
      throw error;
    }
  };

  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(ignoreAbort);

  const reign = async (session: Session, first: LogState): Promise<void> => {
    state = first;
    let shown = first;
    const lost = new AbortController();
    void session.closed.then(() => lost.abort());
    while (!stopping.signal.aborted && !lost.signal.aborted && !halted()) {
      const began = performance.now();
      try {
        const next: LogState = await step(state);
        state = next;
        if (next.head.size > shown.head.size) {
          await publish(next);
          shown = next;
        }
        lastError = undefined;
      } catch (error) {
        if (error instanceof TermLost || error instanceof SequencerError) throw error;
        lastError = error instanceof Error ? error.message : String(error);
        logger.error({ err: error }, 'the sequencer tries again');
        await pause(retryMs);
      }
      const left = checkpointIntervalMs - (performance.now() - began);
      if (left > 0) await pause(left);
    }
  };

  const run = async (
    first: { readonly session: Session; readonly state: LogState } | undefined,
  ): Promise<void> => {
    let current = first;
    while (!stopping.signal.aborted) {
      try {
        const session = current?.session ?? (await elect());
        if (session === undefined) {
          await pause(standbyMs);
          continue;
        }
        try {
          await reign(session, current?.state ?? (await lead()));
        } finally {
          current = undefined;
          state = undefined;
          await session.release();
        }
      } catch (error) {
        lastError = error instanceof Error ? error.message : String(error);
        if (error instanceof SequencerError) {
          stopped = true;
          options.onFatal(error);
          return;
        }
        logger.warn({ err: error }, 'the sequencer stands by');
        await pause(standbyMs);
      }
    }
    stopped = true;
  };

  const session = await elect();
  let first: { readonly session: Session; readonly state: LogState } | undefined;
  if (session !== undefined) {
    try {
      first = { session, state: await lead() };
      state = first.state;
    } catch (error) {
      await session.release();
      throw error;
    }
  }
  const running = run(first);

  const status = async (): Promise<SequencerStatus> => {
    const [row] = await database.query<{ statements: bigint; oldest: bigint | null }>(
      'SELECT coalesce(sum(statements), 0)::bigint AS statements, min(arrived_ms) AS oldest FROM pending_block',
    );
    const oldest = row?.oldest ?? undefined;
    return {
      role: stopped ? 'stopped' : state === undefined ? 'standby' : 'leader',
      term: state?.head.term ?? 0n,
      size: state?.head.size ?? 0n,
      pendingStatements: Number(row?.statements ?? 0n),
      oldestPendingMs: oldest === undefined ? 0 : Math.max(0, now() - Number(oldest)),
      lastError,
    };
  };

  const isDrained = async (blocks: readonly bigint[]): Promise<boolean> => {
    const [row] = await database.query<{ waiting: boolean }>(
      `SELECT EXISTS (SELECT FROM pending_block WHERE block = ANY ($1::bigint[])) OR
         (SELECT size FROM log_head) > (SELECT size FROM log_published) AS waiting`,
      [blocks],
    );
    return row?.waiting === false;
  };

  return {
    status,
    drained: async () => {
      const rows = await database.query<{ block: bigint }>('SELECT block FROM pending_block');
      const blocks = rows.map(({ block }) => block);
      while (!(await isDrained(blocks))) await sleep(20);
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};

const ignoreAbort = (error: unknown): void => {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
};
