import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { contest, loseLock, reorganise, restoreBackup, sideBySide } from './harness/events.ts';
import { extent } from './harness/extent.ts';
import { LIES, type Lie } from './harness/faulty-chain.ts';
import type { Schedule } from './harness/injector.ts';
import { anchorsOf, answersOf } from './harness/chain-records.ts';
import { isKept } from './harness/promises.ts';
import { createRandom } from './harness/random.ts';
import { live, runLog, within, type Run } from './harness/run.ts';
import { startGround, type Ground } from './harness/world.ts';

const WORKS: Schedule = () => undefined;
/** More than any scenario goes back, so that an undone block was never final. */
const FINALITY = 64n;

describe('a log under faults', () => {
  let ground: Ground;
  let failed = false;
  before(async () => {
    ground = await startGround();
  });
  after(() => ground.stop());

  const scenario = (name: string, play: (run: Run) => Promise<void>): void => {
    it(name, async (t) => {
      if (extent.bails && failed) {
        t.skip('another one failed already');
        return;
      }
      try {
        await runLog(ground, createRandom(3), FINALITY, play);
      } catch (error) {
        failed = true;
        throw error;
      }
    });
  };

  scenario('is sequenced by one of two processes, which take turns only when one ends', async (run) => {
    await sideBySide(run, [WORKS, WORKS], 8);
    const { term } = await run.head();
    assert.ok(term <= 2n, `two processes, ${term} terms`);
    await run.conclude();
  });

  for (const point of [
    'statement: INSERT INTO sequenced_block',
    'statement: UPDATE log_head',
    'commit: UPDATE conflict …',
    'database: INSERT INTO log_published',
    'file: rename published',
  ])
    scenario(`has one history when the leader loses its lock at «${point}»`, async (run) => {
      await loseLock(run, point, 3, 4);
      await run.conclude();
    });

  scenario('is not continued on a backup that is behind what was shown', async (run) => {
    await live(run, WORKS, 4);
    await restoreBackup(run, () => live(run, WORKS, 4));
    await run.conclude();
  });

  scenario('is not continued on such a backup after a power cut either', async (run) => {
    await live(run, WORKS, 4);
    await restoreBackup(run, () => live(run, atRandomWrite(run, 'is killed after'), 8));
    await run.conclude();
  });

  for (const depth of [1, 5, 64])
    scenario(`is anchored again after a reorganisation of ${depth} blocks or more`, async (run) => {
      const process = await run.start(WORKS);
      while ((await anchorsOf(run.world)).length === 0) await run.use(process, 1);
      await process.stop();
      // What follows an anchor, as its record does, is in blocks of its own.
      const newest = (await anchorsOf(run.world)).at(-1)!.blockNumber;
      const since = Number((await run.world.chain.client.getBlockNumber()) - newest) + 1;
      assert.ok((await reorganise(run, Math.max(depth, since))) > 0, 'no anchor was undone');
      await live(run, WORKS, 4);
      await run.conclude();
    });

  scenario('answers a challenge again that a reorganisation took away with its answer', async (run) => {
    const { chain } = run.world;
    const answers = async () => answersOf(run.world, await chain.client.getBlockNumber());
    const process = await run.start(WORKS);
    await run.use(process, 2);
    const isAllKept = async () => {
      for (const held of run.senders.held.values())
        if (!(await isKept(run.world, process.log, held))) return false;
      return run.senders.held.size > 0;
    };
    await within('anchored', isAllKept);
    await chain.cheat.mine({ blocks: Number(FINALITY) });
    const height = await chain.client.getBlockNumber();
    await contest(run, process);
    assert.ok((await answers()) > 0, 'an answer was given');
    await process.stop();
    await reorganise(run, Number((await chain.client.getBlockNumber()) - height));
    assert.equal(await answers(), 0, 'the answer is gone');
    await run.conclude();
    assert.ok((await answers()) > 0, 'and was given again');
  });

  scenario('goes on without its chain, and is anchored when the chain is back', async (run) => {
    let out = false;
    const process = await run.start(WORKS, { mood: () => (out ? 'silent' : 'sound') });
    await run.use(process, 3);
    out = true;
    await run.use(process, 10);
    assert.equal(run.senders.waiting(), 0, 'batches are acknowledged without the chain');
    await process.sequencer.drained();
    out = false;
    await run.use(process, 3);
    await process.stop();
    await run.conclude();
  });

  scenario('is anchored once by way of a node that lags, now more and now less', async (run) => {
    let blocksBehind = 0;
    const process = await run.start(WORKS, { mood: () => ({ blocksBehind }) });
    for (const lag of [0, 1, 3, 0, 2, 5, 0]) {
      blocksBehind = lag;
      await run.use(process, 3);
    }
    await process.stop();
    await run.conclude();
  });

  for (const lie of Object.keys(LIES) as readonly Lie[])
    scenario(`believes nothing of a node that ${lie}`, async (run) => {
      let lies = false;
      const process = await run.start(WORKS, { mood: () => (lies ? { lie } : 'sound') });
      while ((await anchorsOf(run.world)).length === 0) await run.use(process, 1);
      for (let times = 0; times < 3; times += 1) {
        lies = true;
        await run.use(process, 6);
        lies = false;
        await run.use(process, 2);
      }
      await process.stop();
      await run.conclude();
    });

  scenario('goes on when every database connection is lost, again and again', async (run) => {
    const process = await run.start(WORKS);
    for (let times = 0; times < 5; times += 1) {
      const use = run.use(process, 3);
      await run.world.disconnect();
      await use;
    }
    await process.stop();
    await run.conclude();
  });
});

/** Kills at one of the writes that follow the first published checkpoint. */
const atRandomWrite = ({ random }: Run, fate: 'is killed after'): Schedule => {
  let left = 60 + random.below(60);
  return () => {
    left -= 1;
    return left === 0 ? fate : undefined;
  };
};
