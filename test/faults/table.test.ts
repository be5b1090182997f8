import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { extent, sampled } from './harness/extent.ts';
import { FATES, type Fate, type Schedule } from './harness/injector.ts';
import { createRandom } from './harness/random.ts';
import { live, runLog } from './harness/run.ts';
import { startGround, type Ground } from './harness/world.ts';

const ROUNDS = 6;

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
      for (const n of new Set([1, Math.ceil(passages / 2)]))
        await t.test(`${point} (${n} of about ${passages}) ${fate}`, () =>
          runLog(ground, createRandom(extent.seed), 0n, async (run) => {
            await live(run, atPassage(point, n, fate), ROUNDS);
            await run.conclude();
          }),
        );
  });
});
