import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { markInstalled } from '../../scripts/bootstrap/install.mjs';
import { withLock } from '../../scripts/bootstrap/lock.mjs';
import { extractFile } from '../../scripts/bootstrap/tar.mjs';
import { root } from '../../scripts/paths.ts';

describe('bootstrap', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridseal-bootstrap-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  describe('lock', () => {
    it('lets one process work at a time', async () => {
      const path = join(folder, 'one.lock');
      let inside = 0;
      let most = 0;
      const work = async (): Promise<void> => {
        inside += 1;
        most = Math.max(most, inside);
        await sleep(20);
        inside -= 1;
      };
      await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
      assert.equal(most, 1);
      assert.equal(existsSync(path), false);
    });

    it('takes over from an owner that died', async () => {
      const path = join(folder, 'dead.lock');
      const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
      await once(child, 'close');
      await writeFile(path, JSON.stringify({ pid: child.pid, host: hostname(), token: 'x' }));
      assert.equal(await withLock(path, () => Promise.resolve('worked')), 'worked');
    });

    it('takes over from an owner on another machine whose heartbeat stopped', async () => {
      const path = join(folder, 'silent.lock');
      await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', token: 'x' }));
      const longAgo = new Date(Date.now() - 120_000);
      await utimes(path, longAgo, longAgo);
      assert.equal(await withLock(path, () => Promise.resolve('worked')), 'worked');
    });

    it('is released when the work fails', async () => {
      const path = join(folder, 'failed.lock');
      await assert.rejects(
        withLock(path, () => Promise.reject(new Error('disk full'))),
        /disk full/,
      );
      assert.equal(existsSync(path), false);
    });
  });

  it('takes one file out of an npm archive', () => {
    const archive = gzipSync(
      Buffer.concat([tarEntry('package/README', 'a'.repeat(700)), tarEntry('package/bin/node', 'ELF')]),
    );
    assert.equal(extractFile(archive, 'package/bin/node').toString(), 'ELF');
    assert.throws(() => extractFile(archive, 'package/bin/npm'), /is not in the archive/);
  });

  describe('command', () => {
    let clone: string;
    before(async () => {
      clone = join(folder, 'clone');
      await mkdir(join(clone, 'cli'), { recursive: true });
      for (const entry of ['scripts', 'bin', 'package.json', 'package-lock.json']) {
        await cp(join(root, entry), join(clone, entry), { recursive: true });
      }
      await mkdir(join(clone, 'node_modules'));
      await markInstalled(clone, { version: process.versions.node });
      await writeFile(
        join(clone, 'cli/main.ts'),
        `const [what]: string[] = process.argv.slice(2);
         if (what === 'exit') process.exit(7);
         if (what === 'where') console.log(process.cwd(), process.env.PATH);
         if (what === 'wait') {
           process.on('SIGTERM', () => process.exit(9));
           console.log('ready');
           setInterval(() => undefined, 1000);
         }`,
      );
    });

    it('ends with the exit code of the program', async () => {
      assert.equal((await start(['exit']).ended).code, 7);
    });

    it('says nothing of its own once everything is installed', async () => {
      const { stderr } = await start(['exit']).ended;
      assert.equal(stderr, '');
    });

    it('runs in the folder of the caller, under the chosen Node', async () => {
      const elsewhere = join(folder, 'elsewhere');
      await mkdir(elsewhere);
      const { stdout } = await start(['where'], elsewhere).ended;
      const [where, path] = stdout.trim().split(' ');
      assert.ok(where?.endsWith('elsewhere'), stdout);
      assert.ok(path?.startsWith(join(process.execPath, '..')), stdout);
    });

    it('hands on a signal', async () => {
      const { child, ended } = start(['wait']);
      await once(child.stdout, 'data');
      child.kill('SIGTERM');
      assert.equal((await ended).code, 9);
    });

    it('installs again when the lockfile changed, and says so when the registry cannot be reached', async () => {
      const lockfile = join(clone, 'package-lock.json');
      await writeFile(lockfile, `${await readFile(lockfile, 'utf8')}\n`);
      const { code, stderr } = await start(['exit'], clone, {
        npm_config_registry: 'http://127.0.0.1:9',
        npm_config_fetch_retries: '0',
        npm_config_cache: join(folder, 'empty-cache'),
      }).ended;
      assert.equal(code, 1);
      assert.match(stderr, /npm registry cannot be reached/);
    });

    const start = (args: readonly string[], cwd = clone, env: Record<string, string> = {}) => {
      const child = spawn(process.execPath, [join(clone, 'bin/gridseal.mjs'), ...args], {
        cwd,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      const ended = once(child, 'close').then(([code]) => ({ code: code as number, stdout, stderr }));
      return { child, ended };
    };
  });
});

function tarEntry(name: string, content: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}
