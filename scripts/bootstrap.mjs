// The way in for every command: needs only Node 20 and npm, and is silent once everything is in place.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands } from './bootstrap/commands.mjs';
import { install, isInstalled } from './bootstrap/install.mjs';
import { withLock } from './bootstrap/lock.mjs';
import { chooseNode, fetchNode } from './bootstrap/node.mjs';
import { run } from './bootstrap/run.mjs';
import { BootstrapError, say } from './bootstrap/say.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, '.node');

/** Node and dependencies in place, then the named command; the result is its exit code. */
export async function bootstrap(name, args, callerFolder) {
  const command = commands[name];
  if (!command)
    throw new BootstrapError(`unknown command "${name}"; known: ${Object.keys(commands).join(', ')}`);
  const node = await prepare();
  return run({
    node,
    file: join(root, command.file),
    args: [...(command.args ?? []), ...args],
    cwd: command.cwd === 'caller' ? callerFolder : root,
  });
}

async function prepare() {
  const node = chooseNode(cache);
  if (node.present && isInstalled(root, node)) return node;
  return withLock(join(cache, 'install.lock'), async () => {
    if (!existsSync(node.path)) await fetchNode(node, cache);
    if (!isInstalled(root, node)) await install(root, node);
    return node;
  });
}

/** Runs `bootstrap` and ends the process with its exit code; expected failures are printed without a stack. */
export async function main(name, args, callerFolder) {
  try {
    process.exitCode = await bootstrap(name, args, callerFolder);
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name = '', ...args] = process.argv.slice(2);
  await main(name, args, process.env.INIT_CWD ?? process.cwd());
}
