import type { TestContext } from 'node:test';

/** Closes what a test opened, the last first, each whether or not the one before it closed; the first failure is the test's. */
export const closingLastFirst = (t: TestContext): ((close: () => Promise<unknown>) => void) => {
  const all: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    const failures: unknown[] = [];
    for (const close of all.toReversed()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  });
  return (close) => void all.push(close);
};
