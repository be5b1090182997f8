import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../scripts/paths.ts';

/** What the command printed and the exit code it ended with. */
export type CommandRun = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs `gridseal` in a process of its own, as a person would. */
export const gridseal = (...args: readonly string[]): Promise<CommandRun> => run({}, args);

/** The same in a folder of one's own. */
export const gridsealIn = (cwd: string, ...args: readonly string[]): Promise<CommandRun> =>
  run({ cwd }, args);

/** The same with more variables than this process has. */
export const gridsealWith = (
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandRun> => run({ env: { ...process.env, ...env } }, args);

const run = (
  where: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
  args: readonly string[],
): Promise<CommandRun> =>
  new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(root, 'cli/main.ts'), ...args],
      { ...where, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else reject(new Error(`gridseal did not end by itself: ${stderr}`, { cause: error }));
      },
    );
  });
