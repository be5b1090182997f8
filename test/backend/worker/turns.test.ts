import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from '../../../backend/worker/turns.ts';

/** Keeps the event loop for longer than a turn lasts. */
const work = (): void => {
  const end = performance.now() + 4;
  while (performance.now() < end);
};

test('work of many pieces lets others in between them', async () => {
  const turn = createTurns();
  let others = 0;
  const count = setInterval(() => (others += 1), 1);
  for (let piece = 0; piece < 10; piece += 1) {
    await turn();
    work();
  }
  clearInterval(count);
  assert.ok(others >= 5, `others came ${others} times`);
});

test('pieces that take no time do not wait for others', async () => {
  let others = 0;
  const other = setImmediate(() => (others += 1));
  const turn = createTurns();
  await turn();
  await turn();
  assert.equal(others, 0);
  clearImmediate(other);
});
