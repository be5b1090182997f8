import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runNpm } from './npm.mjs';
import { say } from './say.mjs';

// Inside node_modules on purpose: whoever removes the folder removes the claim that it is complete.
const stampPath = (root) => join(root, 'node_modules', '.gridseal-installed');

function expectedStamp(root, node) {
  const lockfile = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${lockfile} node-${node.version.split('.')[0]} ${process.platform}-${process.arch}\n`;
}

/** Whether the last complete install matches the lockfile, the major Node version and the platform. */
export function isInstalled(root, node) {
  try {
    return readFileSync(stampPath(root), 'utf8') === expectedStamp(root, node);
  } catch {
    return false;
  }
}

/** `npm ci` under the chosen Node; under an older one npm leaves native packages out. */
export async function install(root, node) {
  say('installing dependencies (once; about a minute)');
  const started = Date.now();
  await runNpm({
    node: node.path,
    args: ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    cwd: root,
    doing: 'Installing dependencies',
  });
  await markInstalled(root, node);
  say(`installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Written last, so an interrupted install is repeated. */
export const markInstalled = (root, node) => writeFile(stampPath(root), expectedStamp(root, node));
