import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/paths.ts';

const notCopied = new Set([
  'node_modules',
  '.git',
  '.node',
  '.gridseal',
  'artifacts',
  'cache',
  'data',
  'out',
]);

/** A copy of the working tree with its own links to the installed packages; our workspaces resolve inside it. */
export async function copyRepository(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'gridseal-check-'));
  for (const entry of await readdir(root)) {
    if (!notCopied.has(entry))
      await cp(join(root, entry), join(folder, entry), { recursive: true, filter: isSource });
  }
  await linkPackages(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

const isSource = (path: string): boolean => !/\/(node_modules|\.bin|\.venv)(\/|$)/.test(path);

async function linkPackages(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from)) {
    if (entry !== '@gridseal' && entry !== '.cache') await symlink(join(from, entry), join(to, entry));
  }
  await mkdir(join(to, '@gridseal'));
  for (const workspace of ['protocol', 'sdk']) {
    await symlink(join('..', '..', workspace), join(to, '@gridseal', workspace));
  }
}

/** Runs one part of the check inside the copy. */
export async function checkPart(folder: string, part: string): Promise<{ code: number; output: string }> {
  const command = promisify(execFile)(process.execPath, ['scripts/check.ts', '--only', part], {
    cwd: folder,
  });
  return command.then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: unknown) => {
      const { code, stdout } = error as { code: number; stdout: string };
      return { code, output: stdout };
    },
  );
}
