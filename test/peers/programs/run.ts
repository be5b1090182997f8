import { spawn } from 'node:child_process';

export type Finished = { readonly code: number; readonly stdout: string; readonly stderr: string };

type Options = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Shows what the program says while it runs, on standard error: for what takes long. */
  readonly shown?: boolean;
  /** The account that it runs as, where this process may choose. */
  readonly identity?: { readonly uid: number; readonly gid: number };
};

/** Runs a program to its end; a program that is not installed is an answer, not an exception. */
export function run(command: string, args: readonly string[], options: Options = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      ...options.identity,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    if (options.shown === true) child.stdout.pipe(process.stderr, { end: false });
    const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString('utf8');
    child.on('error', (error) => resolve({ code: 127, stdout: '', stderr: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, stdout: text(out), stderr: text(err) }));
  });
}

/** As `run`, for steps that must succeed. */
export async function runOrThrow(
  command: string,
  args: readonly string[],
  options: Options = {},
): Promise<Finished> {
  const finished = await run(command, args, options);
  if (finished.code === 0) return finished;
  const said = `${finished.stdout}\n${finished.stderr}`.trim().split('\n').slice(-30).join('\n');
  throw new Error(`${command} ${args.join(' ')} exited with ${finished.code}:\n${said}`);
}
