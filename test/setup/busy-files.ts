import { pbkdf2 } from 'node:crypto';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

const JOBS = 8;

/** Lets every file operation of this process wait its turn, as on a machine with much to do, until the test ends. */
export const keepFilesBusy = (t: TestContext): void => {
  const stretch = promisify(pbkdf2);
  let isOver = false;
  const jobs = Array.from({ length: JOBS }, async () => {
    while (!isOver) await stretch('password', 'salt', 100_000, 32, 'sha256');
  });
  t.after(async () => {
    isOver = true;
    await Promise.all(jobs);
  });
};
