import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The first process of a server, as the file in its cluster names it. */
export type Postmaster = { readonly pid: number; readonly port: number };

const fileOf = (folder: string): string => join(folder, 'postmaster.pid');

/** What `postmaster.pid` of a cluster says; `undefined` where there is none, or none that can be read. */
export const readPostmaster = async (folder: string): Promise<Postmaster | undefined> => {
  const text = await readFile(fileOf(folder), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return Number.isInteger(pid) && Number.isInteger(port) && pid > 0 && port > 0 ? { pid, port } : undefined;
};

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** A process's arguments, the program first; empty when it is gone. Where the system keeps only one line, split at spaces. */
const argumentsOf = async (pid: number): Promise<readonly string[]> => {
  if (process.platform === 'linux')
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  const listed = spawn('ps', ['-o', 'args=', '-p', String(pid)], { stdio: ['ignore', 'pipe', 'ignore'] });
  const chunks: Buffer[] = [];
  for await (const chunk of listed.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8').trimEnd().split(' ');
};

/**
 * Whether a process is the PostgreSQL server of a cluster. That it is alive, and even that it has the folder in its
 * arguments, says nothing: after a power cut the number in the file may be anybody's.
 */
export const isServerOf = async (pid: number, folder: string): Promise<boolean> => {
  if (!isAlive(pid)) return false;
  const [program = '', ...parameters] = await argumentsOf(pid);
  const given = parameters.join(' ');
  return /^postgres(?:\.exe)?$/u.test(basename(program)) && ` ${given} `.includes(`-D ${folder} `);
};

/**
 * Makes a `postmaster.pid` that names a process which is something else now one that PostgreSQL starts over: it refuses to
 * while the process of the file is alive and of its own user. The file stays, and names us, its parent, whom it knows not
 * to be a server: by the rest of it PostgreSQL finds out whether parts of a killed server still hold the cluster's memory.
 */
export const disownPidFile = async (folder: string): Promise<void> => {
  const found = await readPostmaster(folder);
  if (found === undefined || !isAlive(found.pid) || (await isServerOf(found.pid, folder))) return;
  const [, ...rest] = (await readFile(fileOf(folder), 'utf8')).split('\n');
  await writeFile(fileOf(folder), [process.pid, ...rest].join('\n'));
};
