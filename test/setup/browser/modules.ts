import { readFile } from 'node:fs/promises';
import { findPackageJSON, stripTypeScriptTypes } from 'node:module';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const IMPORT = /^(?:import|export)\b[^'"]*?\bfrom\s*'(?<from>[^']+)'|^import\s+'(?<bare>[^']+)'/gmu;

/** JavaScript that a browser can load as it stands, by path, and how its bare imports are found. */
export type BrowserModules = {
  readonly sources: ReadonlyMap<string, string>;
  readonly importMap: { readonly imports: Readonly<Record<string, string>> };
};

/**
 * A module and all that it imports. Types are stripped and nothing is bundled: a browser that runs this runs the files of
 * the repository and of the npm packages.
 *
 * @param entry path below the root of the repository
 */
export const collectModules = async (entry: string): Promise<BrowserModules> => {
  const sources = new Map<string, string>();
  const imports: Record<string, string> = {};
  const pending = [join(ROOT, entry)];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    const path = pathOf(file);
    if (sources.has(path)) continue;
    const source = await sourceOf(file);
    sources.set(path, source);
    for (const specifier of specifiersOf(source)) {
      const target = await resolve(specifier, file);
      pending.push(target);
      if (specifier.startsWith('.')) continue;
      const known = (imports[specifier] ??= pathOf(target));
      if (known !== pathOf(target)) throw new Error(`${specifier} is ${known} and ${pathOf(target)}`);
    }
  }
  return { sources, importMap: { imports } };
};

/** Where a file is served. */
const pathOf = (file: string): string => `/${relative(ROOT, file).split(sep).join(posix.sep)}`;

const sourceOf = async (file: string): Promise<string> => {
  const text = await readFile(file, 'utf8');
  return file.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
};

const specifiersOf = (source: string): string[] =>
  [...source.replaceAll('"', "'").matchAll(IMPORT)].map(({ groups }) => groups?.from ?? groups?.bare ?? '');

const resolve = async (specifier: string, from: string): Promise<string> => {
  if (specifier.startsWith('.')) return join(dirname(from), specifier);
  const manifest = findPackageJSON(specifier, from);
  if (manifest === undefined) throw new Error(`${from} imports ${specifier}, which is not installed`);
  const { name, exports } = JSON.parse(await readFile(manifest, 'utf8')) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, Target>>;
  };
  const target = chosen(exports[`.${specifier.slice(name.length)}`]);
  if (target === undefined) throw new Error(`${name} exports no ${specifier} to browsers`);
  return join(dirname(manifest), target);
};

/** A target of a package's `exports`, or one for each condition, the first that holds counting. */
type Target = string | { readonly [condition: string]: Target } | undefined;

const chosen = (target: Target): string | undefined => {
  if (typeof target !== 'object') return target;
  const condition = Object.keys(target).find((name) => ['browser', 'import', 'default'].includes(name));
  return condition === undefined ? undefined : chosen(target[condition]);
};
