import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { contest } from './harness/events.ts';
import { extent, sampled } from './harness/extent.ts';
import { FATES, type Fate, type Schedule } from './harness/injector.ts';
import { createRandom } from './harness/random.ts';
import { live, runLog } from './harness/run.ts';
import { startGround, type Ground } from './harness/world.ts';

const ROUNDS = 6;
const A_FEW = 4;

/** A statement inside a transaction is undone with it, whether it was done or not. */
const fatesOf = (point: string): readonly Fate[] =>
  point.startsWith('statement:') ? ['fails', 'is killed before'] : FATES;

/** The n-th passage of a point meets the fate; everything else works. */
const atPassage = (point: string, n: number, fate: Fate): Schedule => {
  let passages = 0;
  return (passed) => {
    if (passed !== point) return undefined;
    passages += 1;
    return passages === n ? fate : undefined;
  };
};

/** The last of a few is one too: what is sent to the chain last is the answer to a challenge. */
const passagesOf = (count: number): ReadonlySet<number> =>
  new Set([1, Math.ceil(count / 2), ...(count <= A_FEW ? [count] : [])]);

describe('every write of the service × what may become of it', () => {
  let ground: Ground;
  before(async () => {
    ground = await startGround();
  });
  after(() => ground.stop());

  it('loses nothing, forks nothing, pays once', async (t) => {
    const points = new Map<string, number>();
    await t.test('none: the points that a run passes', () =>
      runLog(ground, createRandom(1), 0n, async (run) => {
        const process = await run.start(() => undefined);
        await run.use(process, ROUNDS);
        await contest(run, process);
        await process.stop();
        for (const [point, passages] of process.injector.passed) points.set(point, passages);
        await run.conclude();
        assert.ok(points.size > 30, [...points.keys()].join('\n'));
      }),
    );
    const cases = [...points]
      .sort()
      .flatMap(([point, passages]) => fatesOf(point).map((fate) => ({ point, passages, fate })));
    for (const { point, passages, fate } of sampled(cases))
      for (const n of passagesOf(passages))
        await t.test(`${point} (${n} of about ${passages}) ${fate}`, () =>
          runLog(ground, createRandom(extent.seed), 0n, async (run) => {
            await live(run, atPassage(point, n, fate), ROUNDS, undefined, (process) => contest(run, process));
            await run.conclude();
          }),
        );
  });
});
