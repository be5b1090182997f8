import { spawn } from 'node:child_process';
import { root } from '../paths.ts';

export type Outcome = { readonly ok: boolean; readonly output: string };

/** Runs a Node program in the repository and keeps what it says. */
export function runNode(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ ok: code === 0, output });
    });
  });
}

/** Runs one after the other; ok only if all are, and only the failing ones are heard. */
export async function runAll(runs: readonly (() => Promise<Outcome>)[]): Promise<Outcome> {
  const failures: string[] = [];
  for (const run of runs) {
    const { ok, output } = await run();
    if (!ok) failures.push(output);
  }
  return { ok: failures.length === 0, output: failures.join('\n') };
}
