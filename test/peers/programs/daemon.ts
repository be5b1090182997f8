import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export type Daemon = { readonly stop: () => Promise<void> };

type DaemonOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly isReady: () => Promise<boolean>;
  readonly withinMs?: number;
};

/** Starts a program that keeps running and waits until it answers. */
export async function startDaemon(
  path: string,
  args: readonly string[],
  { env = {}, isReady, withinMs = 60_000 }: DaemonOptions,
): Promise<Daemon> {
  const child = spawn(path, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said.push(chunk.toString('utf8'));
      if (said.length > 200) said.shift();
    });
  }
  const state = { ended: false };
  const closed = once(child, 'close').then(() => {
    state.ended = true;
  });
  const stop = async (): Promise<void> => {
    if (state.ended) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await closed;
    clearTimeout(timer);
  };
  const deadline = Date.now() + withinMs;
  while (!(await isReady().catch(() => false))) {
    if (state.ended || Date.now() > deadline) {
      await stop();
      throw new Error(
        `${path} ${state.ended ? 'ended' : 'did not answer'} while starting:\n${said.join('').slice(-4_000)}`,
      );
    }
    await sleep(100);
  }
  return { stop };
}
