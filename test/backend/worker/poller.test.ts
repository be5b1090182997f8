import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createPoller, type StepOutcome } from '../../../backend/worker/poller.ts';
import { testLogger } from '../../setup/postgres.ts';

const HOUR = 3_600_000;

test('steps follow each other at once while there is more, and wait when there is not', async () => {
  const outcomes: StepOutcome[] = ['more', 'more', 'idle'];
  let taken = 0;
  const reached = Promise.withResolvers<undefined>();
  const poller = createPoller({
    name: 'test',
    intervalMs: HOUR,
    logger: testLogger,
    step: async () => {
      taken += 1;
      if (taken === 3) reached.resolve(undefined);
      return outcomes[taken - 1] ?? 'idle';
    },
  });
  poller.start();
  await reached.promise;
  await poller.stop();
  assert.equal(taken, 3);
});

test('waking takes the next step now, even when asked during a step', async () => {
  let taken = 0;
  const second = Promise.withResolvers<undefined>();
  const poller = createPoller({
    name: 'test',
    intervalMs: HOUR,
    logger: testLogger,
    step: async () => {
      taken += 1;
      if (taken === 1) poller.wake();
      else second.resolve(undefined);
      return 'idle';
    },
  });
  poller.start();
  await second.promise;
  await poller.stop();
  assert.equal(taken, 2);
});

test('a failing step is counted, told and tried again', async () => {
  let taken = 0;
  const recovered = Promise.withResolvers<undefined>();
  const poller = createPoller({
    name: 'test',
    intervalMs: 1,
    logger: testLogger,
    step: async () => {
      taken += 1;
      if (taken < 3) throw new Error(`failure ${taken}`);
      recovered.resolve(undefined);
      return 'idle';
    },
  });
  poller.start();
  await recovered.promise;
  await poller.stop();
  const { lastError, consecutiveFailures, lastSuccess } = poller.state();
  assert.equal(lastError?.message, 'failure 2');
  assert.equal(consecutiveFailures, 0);
  assert.ok(lastSuccess);
});

test('stopping waits for the step under way and starts no other', async () => {
  const started = Promise.withResolvers<undefined>();
  const finish = Promise.withResolvers<undefined>();
  let finished = 0;
  const poller = createPoller({
    name: 'test',
    intervalMs: 0,
    logger: testLogger,
    step: async () => {
      started.resolve(undefined);
      await finish.promise;
      finished += 1;
      return 'more';
    },
  });
  poller.start();
  await started.promise;
  const stopped = poller.stop();
  finish.resolve(undefined);
  await stopped;
  assert.equal(finished, 1);
});
