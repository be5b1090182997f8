import { after, before, describe, it } from 'node:test';
import { createTestFolder } from '../setup/postgres.ts';
import { extent } from './harness/extent.ts';
import { runGatewayUnderFire } from './harness/gateway-run.ts';
import { createRandom } from './harness/random.ts';

/** A run of a gateway is short: there are several for each run of a log. */
const RUNS_EACH = 5;

describe(`a gateway under fire (${RUNS_EACH * extent.runs} runs from seed ${extent.seed})`, () => {
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  before(async () => {
    folder = await createTestFolder();
  });
  after(() => folder.remove());

  for (let i = 0; i < RUNS_EACH * extent.runs; i += 1) {
    const seed = extent.seed + i;
    it(`loses and doubles nothing, and accuses nobody: npm run test:faults -- --seed ${seed} --runs 1 gateway`, () =>
      runGatewayUnderFire(createRandom(seed), folder.path));
  }
});
