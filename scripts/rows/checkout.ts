import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A checkout of an earlier commit that runs today's tests. */
export type Checkout = { readonly folder: string; readonly remove: () => Promise<void> };

/**
 * Checks `commit` out into a temporary folder, lays today's tests over its own, and lends it today's packages.
 *
 * @throws Error when this clone does not hold the commit
 */
export const checkOut = async (root: string, commit: string): Promise<Checkout> => {
  // Not below the tests' own temporary folders: each file may clear those.
  const base = await mkdtemp(join(tmpdir(), 'gridseal-rows-'));
  const folder = join(base, 'gridseal');
  await run('git', ['-C', root, 'worktree', 'add', '--detach', '--force', folder, commit]).catch(
    (cause: unknown) => {
      throw new Error(`commit ${commit} cannot be checked out: is this a shallow clone?`, { cause });
    },
  );
  await rm(join(folder, 'test'), { recursive: true });
  await cp(join(root, 'test'), join(folder, 'test'), {
    recursive: true,
    filter: (path) => !path.includes('/peers/.bin'),
  });
  await lendPackages(root, folder);
  return {
    folder,
    remove: async () => {
      await run('git', ['-C', root, 'worktree', 'remove', '--force', folder]);
      await rm(base, { recursive: true, force: true });
    },
  };
};

/** Links to every package but ours: `@gridseal/*` must be the earlier commit's own. */
const lendPackages = async (root: string, folder: string): Promise<void> => {
  const [from, to] = [join(root, 'node_modules'), join(folder, 'node_modules')];
  await mkdir(to);
  for (const name of await readdir(from))
    if (name !== '@gridseal') await symlink(join(from, name), join(to, name));
  await mkdir(join(to, '@gridseal'));
  for (const name of ['protocol', 'sdk']) {
    await symlink(join(folder, name), join(to, '@gridseal', name));
    const own = join(root, name, 'node_modules');
    if (existsSync(own)) await symlink(own, join(folder, name, 'node_modules'));
  }
};
