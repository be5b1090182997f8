import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runNpm } from './npm.mjs';
import { BootstrapError, say } from './say.mjs';
import { extractFile } from './tar.mjs';

const table = JSON.parse(await readFile(new URL('./node-binaries.json', import.meta.url), 'utf8'));

/** The Node to run under: the machine's own when it is new enough, the pinned one otherwise. */
export function chooseNode(cache) {
  if (Number(process.versions.node.split('.')[0]) >= table.minimumMajor) {
    return { path: process.execPath, version: process.versions.node, present: true };
  }
  const platform = `${process.platform}-${process.arch}`;
  const pinned = table.platforms[platform];
  if (!pinned) {
    throw new BootstrapError(
      `Node ${table.minimumMajor} or newer is needed; this is ${process.version}, and no Node is pinned for ` +
        `${platform} (pinned: ${Object.keys(table.platforms).join(', ')}). Install Node ${table.minimumMajor} and try again.`,
    );
  }
  const version = pinned.package.split('@')[1];
  const path = join(cache, `v${version}-${platform}`, 'bin', basename(pinned.entry));
  return { path, version, pinned, present: existsSync(path) };
}

/** Brings the pinned Node from the npm registry; the caller holds the lock. */
export async function fetchNode({ path, version, pinned }, cache) {
  say(`this machine has Node ${process.version}; bringing Node ${version} from npm (once, into .node/)`);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'download-'));
  try {
    await runNpm({
      node: process.execPath,
      args: ['pack', pinned.package, '--pack-destination', folder, '--loglevel=error'],
      cwd: folder,
      doing: `Downloading ${pinned.package}`,
    });
    const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
    if (!archive) throw new BootstrapError(`npm pack ${pinned.package} left no archive`);
    const bytes = await readFile(join(folder, archive));
    requireIntegrity(bytes, pinned);
    const draft = join(folder, 'node');
    await writeFile(draft, extractFile(bytes, pinned.entry));
    await chmod(draft, 0o755);
    await mkdir(dirname(path), { recursive: true });
    await rename(draft, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function requireIntegrity(bytes, pinned) {
  const actual = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (actual === pinned.integrity) return;
  throw new BootstrapError(
    `${pinned.package} does not match its pinned integrity; nothing was installed.\n` +
      `  expected ${pinned.integrity}\n  actual   ${actual}`,
  );
}
