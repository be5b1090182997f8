import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './say.mjs';

const HEARTBEAT_MS = 5_000;
const STALE_MS = 60_000;

/**
 * Runs `work` while holding the lock file, so that two commands started at once never install together.
 * A lock whose owner died, or whose heartbeat stopped, is taken over.
 */
export async function withLock(path, work) {
  await mkdir(dirname(path), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), token: randomUUID() });
  await acquire(path, mine);
  const heartbeat = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await read(path)) === mine) await rm(path, { force: true });
  }
}

async function acquire(path, mine) {
  // Written aside and linked into place: a lock file is never seen half-written.
  const draft = `${path}.${process.pid}.${randomUUID()}`;
  await writeFile(draft, mine);
  try {
    for (let announced = false; ; announced = true) {
      try {
        return await link(draft, path);
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      if (await recoverStale(path)) continue;
      if (!announced) say('another command is installing; waiting for it');
      await sleep(250);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function recoverStale(path) {
  const seen = await read(path);
  if (seen === undefined) return true;
  if (!(await isStale(path, seen))) return false;
  const aside = `${path}.${randomUUID()}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return true;
    throw error;
  }
  // Between reading and renaming another process may have recovered it first: give its lock back.
  if ((await read(aside)) !== seen) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return true;
}

async function isStale(path, content) {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
  if (Date.now() - mtimeMs > STALE_MS) return true;
  try {
    const { pid, host } = JSON.parse(content);
    return host === hostname() && !isAlive(pid);
  } catch {
    return true;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const read = (path) => readFile(path, 'utf8').catch(() => undefined);
