import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loseLock, reorganise, restoreBackup, sideBySide } from './harness/events.ts';
import { extent } from './harness/extent.ts';
import { LIES, type Lie, type NodeMood } from './harness/faulty-chain.ts';
import { FATES, type Fate, type Schedule } from './harness/injector.ts';
import { createRandom, type Random } from './harness/random.ts';
import { live, runLog, type Run } from './harness/run.ts';
import { startGround, type Ground } from './harness/world.ts';

const MOST_LIVES = 3;
const MOST_FAULTS = 4;
/** Writes of a life, about. */
const WRITES = 250;
const FINALITY = 64n;

/** Some faults at any writes of a process. */
const anyFaults = (random: Random): Schedule => {
  const fates = new Map<number, Fate>();
  for (let count = random.below(MOST_FAULTS + 1); count > 0; count -= 1)
    fates.set(random.below(WRITES), random.pick(FATES));
  let writes = 0;
  return () => {
    writes += 1;
    return fates.get(writes);
  };
};

/** What the points are that a leader can lose its lock at. */
const SEQUENCER_WRITES = [
  'statement: INSERT INTO sequenced_block',
  'statement: INSERT INTO edge_tile',
  'statement: UPDATE log_head',
  'commit: UPDATE conflict …',
  'database: INSERT INTO log_published',
  'file: sync published (unfinished)',
  'file: rename published',
];

const LIE_NAMES = Object.keys(LIES) as readonly Lie[];

/** A node that is sound now and then: its mood changes after some calls. */
const anyMoods = (random: Random): (() => NodeMood) => {
  let mood: NodeMood = 'sound';
  let calls = 0;
  const another = (): NodeMood => {
    const kind = random.below(6);
    if (kind < 3) return 'sound';
    if (kind === 3) return 'silent';
    return kind === 4 ? { blocksBehind: random.below(6) } : { lie: random.pick(LIE_NAMES) };
  };
  return () => {
    calls -= 1;
    if (calls < 0) [mood, calls] = [another(), random.below(40)];
    return mood;
  };
};

/** One stretch of a log's life, of any kind. */
const anyLife = async (run: Run): Promise<void> => {
  const { random } = run;
  const rounds = 2 + random.below(8);
  const kind = random.below(12);
  if (kind < 5) await live(run, anyFaults(random), rounds);
  else if (kind === 5) await sideBySide(run, [anyFaults(random), anyFaults(random)], rounds);
  else if (kind === 6) await loseLock(run, random.pick(SEQUENCER_WRITES), 1 + random.below(6), 4);
  else if (kind === 7) await restoreBackup(run, () => live(run, anyFaults(random), rounds));
  else if (kind === 8) {
    await live(run, anyFaults(random), rounds);
    await reorganise(run, 1 + random.below(Number(FINALITY)));
  } else if (kind < 11) await live(run, anyFaults(random), rounds, anyMoods(random));
  else {
    const dropping = live(run, anyFaults(random), rounds);
    await sleep(random.below(300));
    await run.world.disconnect();
    await dropping;
  }
};

describe(`randomized faults (${extent.runs} runs from seed ${extent.seed})`, () => {
  let ground: Ground;
  before(async () => {
    ground = await startGround();
  });
  after(() => ground.stop());

  for (let seed = extent.seed; seed < extent.seed + extent.runs; seed += 1)
    it(`seed ${seed}: npm run test:faults -- --seed ${seed} --runs 1 random`, () => {
      const random = createRandom(seed);
      return runLog(ground, random, FINALITY, async (run) => {
        for (let lives = 1 + random.below(MOST_LIVES); lives > 0; lives -= 1) await anyLife(run);
        await run.conclude();
      });
    });
});
