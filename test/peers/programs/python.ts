import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, runOrThrow } from './run.ts';
import type { Peer } from './peer.ts';

const peersFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs what test/peers/<name>/requirements.txt pins into an environment of its own, once for each pin. */
export async function pythonPeer(name: 'slither' | 'schemathesis'): Promise<Peer> {
  const python = await run('python3', ['-c', 'import ensurepip, venv']);
  if (python.code === 127) return { missing: `Python is not installed, so ${name} cannot run` };
  if (python.code !== 0)
    return { missing: `Python lacks venv (apt package python3-venv), so ${name} cannot run` };
  const requirements = join(peersFolder, name, 'requirements.txt');
  const folder = join(peersFolder, '.bin', `${name}-venv`);
  const stamp = join(folder, 'installed.txt');
  const pin = await readFile(requirements, 'utf8');
  if (!existsSync(stamp) || (await readFile(stamp, 'utf8')) !== pin) {
    process.stderr.write(`installing ${name} (once)\n`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(dirname(folder), { recursive: true });
    await runOrThrow('python3', ['-m', 'venv', folder]);
    await runOrThrow(join(folder, 'bin/pip'), ['install', '--quiet', '--requirement', requirements]);
    await writeFile(stamp, pin);
  }
  return { path: join(folder, 'bin', name) };
}
