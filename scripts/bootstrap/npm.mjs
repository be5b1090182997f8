import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { BootstrapError } from './say.mjs';

const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/;

/** Settings of the outer `npm run` or `npx` that would change what an inner npm does. */
const OUTER_ONLY =
  /^npm_config_(workspaces?|include_workspace_root|package|call|omit|include|only|production|dry_run|prefix|local_prefix|global|location|json|loglevel|save.*)$/i;

/** Path of npm's own JavaScript, so that it can be run under a Node of our choice. */
export function findNpmCli() {
  const nodeFolder = dirname(realpathSync(process.execPath));
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm'));
  const candidates = [
    process.env.npm_execpath,
    join(nodeFolder, '../lib/node_modules/npm/bin/npm-cli.js'),
    join(nodeFolder, 'node_modules/npm/bin/npm-cli.js'),
    ...onPath.filter(existsSync).map((path) => realpathSync(path)),
  ];
  const found = candidates.find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
  if (!found) throw new BootstrapError('npm was not found; install it beside Node and run the command again');
  return found;
}

/** Runs npm quietly under the given Node; on failure the error says what npm said. */
export async function runNpm({ node, args, cwd, doing }) {
  const { code, output } = await collect(node, [findNpmCli(), ...args], {
    cwd,
    env: npmEnvironment(node),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (code === 0) return;
  if (UNREACHABLE.test(output)) {
    throw new BootstrapError(
      `${doing} failed: the npm registry cannot be reached.\n` +
        `  Check the network, a proxy (HTTPS_PROXY) and \`npm config get registry\`, then run the command again.\n` +
        indent(output, 4),
    );
  }
  throw new BootstrapError(`${doing} failed (npm exited with ${code}):\n${indent(output)}`);
}

export function npmEnvironment(node) {
  const kept = Object.entries(process.env).filter(([name]) => !OUTER_ONLY.test(name));
  return { ...Object.fromEntries(kept), PATH: prefixPath(node) };
}

/** PATH with the folder of the given Node first, so that everything below runs under it. */
export const prefixPath = (node) => [dirname(node), process.env.PATH].filter(Boolean).join(delimiter);

const collect = (command, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });

const indent = (text, count = 20) =>
  lines(text)
    .slice(0, count)
    .map((line) => `  ${line}`)
    .join('\n');

const lines = (text) =>
  text
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('npm warn'));
