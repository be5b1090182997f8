import assert from 'node:assert/strict';
import { SequencerError } from '../../../backend/features/sequencer/errors.ts';
import { openDiskStore } from '../../../backend/adapters/ipfs/disk-store.ts';
import { createDurableFiles } from '../../../backend/adapters/durable-file/durable-files.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContentStore } from '../../../backend/features/payloads/types.ts';
import { isForced } from './forced.ts';
import type { Schedule } from './injector.ts';
import { anchorsOf, answersOf, recordsOf } from './chain-records.ts';
import type { FaultyProcess } from './process.ts';
import { isAnsweredFor } from './promises.ts';
import { unlessCutOff, within, type Run } from './run.ts';
import type { World } from './world.ts';

const WORKS: Schedule = () => undefined;

/** A content store that processes share, as a Kubo node is. */
export const sharedStore = (world: World): Promise<ContentStore> =>
  openDiskStore({
    folder: join(world.folder, 'blocks'),
    files: createDurableFiles(world.disk.fileSystem),
  });

/** Size of the checkpoint that process `a` wrote last before showing it. */
const publishedSize = async ({ folder }: World): Promise<bigint> => {
  const text = await readFile(join(folder, 'a', 'published'), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '\n0';
    throw error;
  });
  return BigInt(text.split('\n')[1] ?? 0);
};

/**
 * The database is put back to an older copy. A process must not start on it once more than the copy holds was shown: the
 * right one is then found and put back. When nothing was, the copy goes on.
 *
 * @param between what happens after the copy was made
 */
export const restoreBackup = async (run: Run, between: () => Promise<void>): Promise<void> => {
  const { world, shown, senders, erasers } = run;
  await world.disconnect();
  await world.backUp();
  const promises = () => senders.held.size + erasers.asked.size;
  const promisedAtCopy = promises();
  const largest = async (): Promise<bigint> =>
    [...shown.keys(), await publishedSize(world)].reduce((a, b) => (a > b ? a : b), 0n);
  // What was written and not shown yet is in the copy too.
  const { size: copied } = await run.head();
  await between();
  await world.disconnect();
  const isBehind = (await largest()) > copied;
  // Acknowledged within the last checkpoint interval and then put back: only the database knew (docs/faults.md).
  if (!isBehind && promises() > promisedAtCopy) return;
  await world.restore('backup');
  try {
    const started = await run.start(WORKS);
    await started.stop();
  } catch (error) {
    assert.ok(error instanceof SequencerError && error.code === 'database-behind', String(error));
    assert.equal(isBehind, true, 'a database that is behind nothing was refused');
    await world.disconnect();
    await world.restore('set-aside');
    return;
  }
  // From here on the copy is the log.
  assert.equal(isBehind, false, 'a database that is behind what was shown was continued');
};

/** The chain replaces its last blocks by empty ones; what they held is gone. @returns how many anchors that undid */
export const reorganise = async ({ world }: Run, depth: number): Promise<number> => {
  const before = await anchorsOf(world);
  const height = await world.chain.client.getBlockNumber();
  const useful = async () => (await recordsOf(world, height)) + (await answersOf(world, height));
  const usefulBefore = await useful();
  await world.chain.cheat.request({ method: 'anvil_reorg', params: [depth, []] } as never);
  // A record names its anchor's block: when that is replaced, the record is refused, and sent for another anchor. An answer
  // that is sent again is refused when its challenge is gone, too. And one of either may not have been mined yet.
  world.mayBeWasted += 1 + usefulBefore - (await useful());
  return before.length - (await anchorsOf(world)).length;
};

const LOOKS = 200;

/** A promise that was kept is challenged as soon as there is one, and the process has the time to answer, or dies of it. */
export const contest = async ({ world, challengers }: Run, process: FaultyProcess): Promise<void> => {
  const { challenged } = challengers;
  const isOver = async (): Promise<boolean> => {
    if (challenged.size === 0) await challengers.challenge('kept', process.log);
    return challenged.size > 0 && (await isAnsweredFor(world, process.log, challenged));
  };
  for (let looks = 0; looks < LOOKS && !process.injector.isDead(); looks += 1) {
    if ((await unlessCutOff(isOver)) === true) return;
    await sleep(20);
  }
};

/**
 * Two processes; the one that leads loses its lock at the `nth` write of its sequencer and is kept from going on until the
 * other one leads. Then it goes on as if nothing had been.
 */
export const loseLock = async (run: Run, point: string, nth: number, rounds: number): Promise<void> => {
  const { world } = run;
  const store = await sharedStore(world);
  let passages = 0;
  let other: Awaited<ReturnType<Run['start']>> | undefined;
  const stall = async (): Promise<void> => {
    await world.disconnectLeader();
    // While the transaction holds the head's row the other one cannot lead: it waits for this one.
    for (let waited = 0; waited < 50; waited += 1) {
      if ((await other?.sequencer.status())?.role === 'leader') return;
      await sleep(10);
    }
  };
  const schedule: Schedule = (passed) => {
    if (passed !== point) return undefined;
    passages += 1;
    return passages === nth && other !== undefined ? stall : undefined;
  };
  const first = await run.start(schedule, { name: 'a', store });
  try {
    other = await run.start(WORKS, { name: 'b', store });
    for (let turn = 0; turn < 2; turn += 1) {
      await run.use(first, rounds);
      await run.use(other, rounds);
    }
    const successor = other;
    await within('drained', () => successor.sequencer.drained().then(() => true));
  } finally {
    await first.stop();
    await other?.stop();
    await world.disk.cutPower();
  }
};

/** Starts two processes side by side and uses both at once. */
export const sideBySide = async (
  run: Run,
  schedules: readonly [Schedule, Schedule],
  rounds: number,
): Promise<void> => {
  const store = await sharedStore(run.world);
  const started: Awaited<ReturnType<Run['start']>>[] = [];
  try {
    for (const [i, schedule] of schedules.entries()) {
      try {
        started.push(await run.start(schedule, { name: i === 0 ? 'a' : 'b', store }));
      } catch (error) {
        if (!isForced(error)) throw error;
      }
    }
    for (let turn = 0; turn < 2; turn += 1) for (const process of started) await run.use(process, rounds);
  } finally {
    for (const process of started) await process.stop();
    await run.world.disk.cutPower();
  }
};
