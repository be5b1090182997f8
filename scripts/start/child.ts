import { spawn, type ChildProcess } from 'node:child_process';
import { fstatSync, openSync } from 'node:fs';
import { lastWords, newestWait } from './last-words.ts';

/** A program that `npm start` keeps running, in a process group of its own so that only we stop it. */
export type Program = {
  readonly name: string;
  readonly pid: number | undefined;
  readonly exited: Promise<number>;
  readonly stop: () => Promise<void>;
  /** Why it ended. */
  readonly lastWords: () => Promise<string>;
  /** What it waits for while it starts. */
  readonly waitsFor: () => Promise<string | undefined>;
};

const STOP_WITHIN_MS = 25_000;

const exitOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });

/** Starts a TypeScript program under this Node; what it prints goes to `logFile`. */
export const startProgram = (options: {
  readonly name: string;
  readonly file: string;
  readonly nodeFlags?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
}): Program => {
  const log = openSync(options.logFile, 'a', 0o600);
  const { size } = fstatSync(log);
  const child = spawn(
    process.execPath,
    [...(options.nodeFlags ?? []), options.file, ...(options.args ?? [])],
    {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, ...options.env },
    },
  );
  const exited = exitOf(child);
  return {
    name: options.name,
    pid: child.pid,
    exited,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => {
        child.kill('SIGKILL');
      }, STOP_WITHIN_MS);
      await exited;
      clearTimeout(late);
    },
    lastWords: () => lastWords(options.logFile, size),
    waitsFor: () => newestWait(options.logFile, size),
  };
};
