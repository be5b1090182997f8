import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromHex } from '@gridseal/protocol/bytes';
import { checkpointOrigin } from '@gridseal/protocol/identity/log-id';
import { NOTE_ALGORITHM, noteSignerFrom } from '@gridseal/protocol/tlog/note';
import { openDatabase, type Database } from '../../../backend/adapters/postgres/database.ts';
import { readConfig } from '../../../backend/config.ts';
import { testLogger } from '../../setup/postgres.ts';
import type { NodeMood } from './faulty-chain.ts';
import { createErasers, type Erasers } from './erasers.ts';
import { isForced } from './forced.ts';
import type { Schedule } from './injector.ts';
import { isErased, judgePayloads } from './judge-payloads.ts';
import { recordsOf } from './chain-records.ts';
import { createChallengers, type Challengers } from './challengers.ts';
import { judge, look, type Shown } from './judge.ts';
import { isAnsweredFor } from './promises.ts';
import { startProcess, type FaultyProcess } from './process.ts';
import type { Random } from './random.ts';
import { createSenders, type Senders } from './senders.ts';
import { createWorld, type Ground, type World } from './world.ts';

/** A log under test, from its first process to the judgement. */
export type Run = {
  readonly world: World;
  readonly senders: Senders;
  readonly erasers: Erasers;
  readonly challengers: Challengers;
  readonly shown: Shown;
  readonly random: Random;
  readonly start: (
    schedule: Schedule,
    options?: Pick<Parameters<typeof startProcess>[1], 'mood' | 'store'> & { readonly name?: string },
  ) => Promise<FaultyProcess>;
  /** Sends and looks for some rounds, or until the process is dead. */
  readonly use: (process: FaultyProcess, rounds: number) => Promise<void>;
  /** What the database holds: how often a process took the log over, and how far it got. */
  readonly head: () => Promise<{ readonly term: bigint; readonly size: bigint }>;
  /** A healthy process at the end: everything is acknowledged, sequenced, anchored and archived; then all is judged. */
  readonly conclude: () => Promise<FaultyProcess['injector']['passed']>;
};

const PATIENCE_MS = 20_000;
/** Of so many rounds one has a challenge. */
const ROUNDS_A_CHALLENGE = 6;
/** Of the challenges amid faults, so many are of promises that an anchor keeps by then. */
const SHARE_OF_KEPT = 0.8;
/** Of the runs whose chain has a finality depth, so many end with one. */
const SHARE_OF_FINAL_RUNS = 0.3;
const HEALTHY: Schedule = () => undefined;

/** Runs one log and clears it away. @param finalityDepth of its chain, in blocks */
export const runLog = async (
  ground: Ground,
  random: Random,
  finalityDepth: bigint,
  play: (run: Run) => Promise<void>,
): Promise<void> => {
  const world = await createWorld(ground, finalityDepth);
  const shown: Shown = new Map();
  const senders = createSenders(world, random);
  const erasers = createErasers(senders, random);
  const challengers = createChallengers(world, senders, random);
  const running = new Set<FaultyProcess>();

  const start: Run['start'] = async (schedule, { name = 'a', ...options } = {}) => {
    const process = await startProcess(world, { name, schedule, ...options });
    const stop = async (): Promise<void> => {
      running.delete(process);
      await process.stop();
      if (process.fatal() !== undefined) throw process.fatal()!;
    };
    const started = { ...process, stop };
    running.add(process);
    return started;
  };

  const use: Run['use'] = async (process, rounds) => {
    for (let round = 0; round < rounds && !process.injector.isDead(); round += 1) {
      senders.sign(1 + random.below(4));
      await senders.send(process);
      await erasers.ask(process);
      await unlessCutOff(() => look(process.log, shown));
      if (random.below(ROUNDS_A_CHALLENGE) === 0)
        await unlessCutOff(() =>
          challengers.challenge(random.chance(SHARE_OF_KEPT) ? 'kept' : 'any', process.log),
        );
      await sleep(random.below(25));
    }
  };

  const conclude: Run['conclude'] = async () => {
    const process = await start(HEALTHY);
    const database = openDatabase({ url: world.databaseUrl, poolSize: 1, logger: testLogger });
    try {
      senders.sign(1);
      for (let tries = 0; senders.waiting() > 0 && tries < 50; tries += 1) await senders.send(process);
      await within('erased', () => isErased(process, erasers));
      await within('drained', () => process.sequencer.drained().then(() => true));
      await within('anchored and archived', () => isArchived(database));
      const { client } = world.chain;
      await within('recorded', async () => (await recordsOf(world, await client.getBlockNumber())) > 0);
      await concludeChallenges(process, world, random, challengers);
      await within('answered for', () => isAnsweredFor(world, process.log, challengers.challenged));
      await look(process.log, shown);
      const { log, content } = process;
      await judge({ world, database, log, content, note: noteOf(world), senders, shown });
      await judgePayloads(process, senders, erasers);
      return process.injector.passed;
    } finally {
      await database.close();
      await process.stop();
    }
  };

  const head: Run['head'] = async () => {
    const database = openDatabase({ url: world.databaseUrl, poolSize: 1, logger: testLogger });
    const [row] = await database.query<{ term: bigint; size: bigint }>('SELECT term, size FROM log_head');
    await database.close();
    return row ?? { term: 0n, size: 0n };
  };

  try {
    await play({ world, senders, erasers, challengers, shown, random, start, use, head, conclude });
  } finally {
    for (const process of running) await process.stop();
    await world.end();
  }
};

const noteOf = ({ domain, keys }: World) => {
  const { host } = readConfig({}).log;
  const origin = checkpointOrigin({ host, logId: domain.logId, epoch: 0n });
  return noteSignerFrom(origin, NOTE_ALGORITHM.ed25519, fromHex(keys.note));
};

/** Waits for something that a sound log comes to. @throws AssertionError after {@link PATIENCE_MS} */
export const within = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  const end = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: end.signal }).then(
    () => assert.fail(`not ${what} within ${PATIENCE_MS / 1000} s`),
    () => undefined,
  );
  const poll = (async () => {
    while (!end.signal.aborted && !(await holds())) await sleep(10);
  })();
  try {
    await Promise.race([poll, late]);
  } finally {
    end.abort();
  }
};

const isArchived = async (database: Database): Promise<boolean> => {
  const [row] = await database.query<{ done: boolean }>(
    `SELECT coalesce((SELECT max(size) FROM anchor WHERE status = 'archived') = (SELECT size FROM log_published), false)
       AND NOT EXISTS (SELECT FROM anchor WHERE status NOT IN ('archived', 'superseded', 'unprovable')) AS done`,
  );
  return row?.done === true;
};

/** Every run ends with a challenge, except that finality takes blocks, and a chain keeps only so many. */
const concludeChallenges = async (
  { log }: FaultyProcess,
  world: World,
  random: Random,
  challengers: Challengers,
): Promise<void> => {
  const depth = world.deployment.finalityDepth;
  if (depth === 0n || random.chance(SHARE_OF_FINAL_RUNS)) await challengers.challenge('kept', log);
  await challengers.insist();
  if (challengers.challenged.size > 0 && depth > 0n) await world.chain.cheat.mine({ blocks: Number(depth) });
};

/** Asks a process, which may end under our eyes. */
export const unlessCutOff = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (!isForced(error)) throw error;
    return undefined;
  }
};

/**
 * Starts a process and uses it; one that its faults keep from starting is over.
 *
 * @param mood of its node once it runs
 * @param afterwards what else it lives to see
 */
export const live = async (
  run: Run,
  schedule: Schedule,
  rounds: number,
  mood: () => NodeMood = () => 'sound',
  afterwards: (process: FaultyProcess) => Promise<void> = () => Promise.resolve(),
): Promise<void> => {
  let process: FaultyProcess;
  let runs = false;
  try {
    process = await run.start(schedule, { mood: () => (runs ? mood() : 'sound') });
    runs = true;
  } catch (error) {
    if (isForced(error)) return;
    throw error;
  }
  try {
    await run.use(process, rounds);
    await afterwards(process);
  } finally {
    await process.stop();
  }
};
