import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prefixPath } from './npm.mjs';

// Node 24 before 24.3 still announces type stripping as experimental.
const nodeFlags = ['--disable-warning=ExperimentalWarning'];

// Node strips and compiles every module again in each process; with a cache a command starts in half the time.
const compileCache = join(
  resolve(dirname(fileURLToPath(import.meta.url)), '../..'),
  '.node',
  'compile-cache',
);

/** Runs a file under the given Node in our place: same streams, same signals, same exit code. */
export function run({ node, file, args, cwd }) {
  const child = spawn(node.path, [...nodeFlags, file, ...args], {
    cwd,
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: compileCache, ...process.env, PATH: prefixPath(node.path) },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
