import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';

/** A program of ours that writes to a log file. */
export type LoggedProcess = {
  readonly child: ChildProcess;
  /** Resolves when it is gone, or could not be run at all; says which in words, and never rejects. */
  readonly ended: Promise<string>;
  /** The same words as soon as it is known, undefined before. */
  readonly ending: () => string | undefined;
};

const watch = (child: ChildProcess): LoggedProcess => {
  let ending: string | undefined;
  const ended = new Promise<string>((resolve) => {
    const end = (words: string): void => {
      ending ??= words;
      resolve(ending);
    };
    child.once('error', (error) => end(`could not be run: ${error.message}`));
    child.once('exit', (code, signal) => end(signal === null ? `ended with ${code}` : `ended by ${signal}`));
  });
  return { child, ended, ending: () => ending };
};

/**
 * Runs a program whose output is appended to `logFile`, which only its owner may read.
 *
 * @throws the file system's error when the log cannot be opened; that the program cannot be run is
 *   told by {@link LoggedProcess.ended}
 * @example
 * const { ended } = await spawnLogged('/usr/bin/initdb', ['-D', folder], { logFile });
 * if ((await ended) !== 'ended with 0') throw new Error(`initdb ${await ended}`);
 */
export const spawnLogged = async (
  command: string,
  parameters: readonly string[],
  options: {
    readonly logFile: string;
    readonly stdin?: 'ignore' | 'pipe';
    readonly detached?: boolean;
    readonly identity?: { readonly uid: number; readonly gid: number } | undefined;
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<LoggedProcess> => {
  const { logFile, stdin = 'ignore', identity, ...others } = options;
  const log = await open(logFile, 'a', 0o600);
  try {
    // Watched before anything is waited for: a program can be gone before the file is closed.
    return watch(spawn(command, parameters, { ...others, ...identity, stdio: [stdin, log.fd, log.fd] }));
  } finally {
    await log.close();
  }
};
