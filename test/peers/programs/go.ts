import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, runOrThrow } from './run.ts';
import type { Peer } from './peer.ts';

const peersFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const binFolder = join(peersFolder, '.bin');

/**
 * Builds a `tool` that test/peers/<name>/go.mod pins, once for each pin and Go version.
 * The first build of a large program takes some minutes.
 *
 * @param tool last part of its path, where the module pins several
 */
export async function goPeer(
  name: 'kubo' | 'geth' | 'tessera' | 'tessera-log',
  tool?: string,
): Promise<Peer> {
  const go = await run('go', ['version']);
  if (go.code !== 0) return { missing: `Go is not installed, so ${name} cannot be built` };
  const source = join(peersFolder, name);
  const pin = await pinOf(source, go.stdout);
  const program = tool === undefined ? name : `${name}-${tool}`;
  const path = join(binFolder, `${program}-${pin}`);
  if (!existsSync(path)) await build(program, source, path, tool);
  return { path };
}

async function pinOf(source: string, goVersion: string): Promise<string> {
  const hash = createHash('sha256').update(goVersion);
  for (const file of ['go.mod', 'go.sum']) hash.update(await readFile(join(source, file)));
  return hash.digest('hex').slice(0, 12);
}

async function build(name: string, source: string, path: string, wanted: string | undefined): Promise<void> {
  process.stderr.write(`building ${name} from its pinned sources (once, some minutes)\n`);
  await mkdir(binFolder, { recursive: true });
  const module = await readFile(join(source, 'go.mod'), 'utf8');
  const tools = [...module.matchAll(/^(?:tool )?\t?(\S+\/\S+)$/gmu)].flatMap(([, found]) => found ?? []);
  const tool = tools.find((found) => wanted === undefined || found.endsWith(`/${wanted}`));
  if (tool === undefined) throw new Error(`${join(source, 'go.mod')} names no tool ${wanted ?? ''}`);
  // Built under another name: an interrupted build never passes for a finished one.
  const draft = `${path}.${process.pid}`;
  await runOrThrow('go', ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', draft, tool], {
    cwd: source,
  });
  await rename(draft, path);
  const outdated = (await readdir(binFolder)).filter(
    (file) => file.replace(/-[0-9a-f]{12}$/u, '') === name && join(binFolder, file) !== path,
  );
  await Promise.all(outdated.map((file) => rm(join(binFolder, file), { force: true })));
}
