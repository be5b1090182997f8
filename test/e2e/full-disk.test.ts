import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeIngestBody, INGEST_MEDIA_TYPE } from '@gridseal/protocol/payload/ingest-body';
import { root } from '../../scripts/paths.ts';
import { createTestDevice } from '../setup/devices.ts';
import { createTestFolder } from '../setup/postgres.ts';

const MIB = 1_048_576;
const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

type Report = {
  readonly status: string;
  readonly parts: Record<string, { status: string; detail?: string }>;
};

/** `npm start` on a disk of its own, which only root can make. */
describe('npm start on a small disk', isRoot ? {} : { skip: 'a disk of its own needs root on Linux' }, () => {
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  let disk: string;
  let dataDir: string;
  let program: ChildProcess;
  let said = '';
  let url = '';

  before(async () => {
    folder = await createTestFolder();
    disk = join(folder.path, 'disk');
    dataDir = join(disk, 'data');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=711', 'tmpfs', disk]);
    program = start();
    await until('it runs', async () => /Health\s+\S+/u.test(said));
    url = /Health\s+(\S+)\/health/u.exec(said)?.[1] ?? '';
  });
  after(async () => {
    if (program.exitCode === null && program.signalCode === null) {
      program.kill('SIGTERM');
      await once(program, 'exit');
    }
    execFileSync('umount', ['--lazy', disk]);
    await folder.remove();
  });

  const start = (): ChildProcess => {
    said = '';
    const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
      cwd: root,
      env: {
        ...process.env,
        DATA_DIR: dataDir,
        PORT: '0',
        RPC_PORT: '0',
        MQTT_PORT: '0',
        DISK_RESERVE_BYTES: String(64 * MIB),
        LOG_FILE_BYTES: '20000',
        LOG_FILES: '2',
        LOG_LEVEL: 'trace',
        DEMO_ALLIANCE: 'off',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => (said += part.toString()));
    return child;
  };

  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 120_000; Date.now() < end;) {
      await delay(250);
      assert.equal(program.exitCode, null, `it ended: ${said}`);
      if (await holds()) return;
    }
    throw new Error(`not so after two minutes: ${what}\n${said}`);
  };
  const health = async () => (await (await fetch(`${url}/health`)).json()) as Report;
  // Of a device that nobody knows: it is refused for that when work is taken.
  const { authorPart, payload } = createTestDevice().next();
  const item = { authorPart, batchKey: payload!.batchKey, columnar: payload!.columnar };
  const post = () =>
    fetch(`${url}/v1/batches`, {
      method: 'POST',
      headers: { 'Content-Type': INGEST_MEDIA_TYPE },
      body: Buffer.from(encodeIngestBody([item])),
    });
  const fill = async (): Promise<void> => {
    const portion = randomBytes(MIB);
    for (let n = 0; ; n += 1)
      try {
        await writeFile(join(disk, `fill-${n}`), portion);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
        return;
      }
  };
  const empty = async (): Promise<void> => {
    for (const name of await readdir(disk)) if (name.startsWith('fill-')) await rm(join(disk, name));
  };

  it('refuses new work while the disk is full, says so, and goes on when there is room [D9]', async () => {
    await fill();
    await until('the disk is told', async () => (await health()).parts.disk?.status === 'failing');
    const { status, parts } = await health();
    assert.equal(status, 'failing');
    assert.match(parts.disk?.detail ?? '', /^disk full: \d+ MiB are free and 64 MiB are kept/u);
    assert.equal((await post()).status, 503);
    assert.match(await (await fetch(`${url}/metrics`)).text(), /^gridseal_disk_free_bytes \d+$/mu);
    await empty();
    await until('the disk is well', async () => (await health()).parts.disk?.status === 'ok');
    await until('work is taken', async () => (await post()).status === 200);
  });

  it('keeps no log that grows without bound [D11]', async () => {
    const log = join(dataDir, 'service.log');
    await until('a log is put aside', async () => {
      await fetch(`${url}/health`);
      return (await readdir(dataDir)).includes('service.log.2');
    });
    await until('none is too large', async () => (await stat(log)).size <= 20_000);
    assert.deepEqual((await readdir(dataDir)).filter((name) => name.startsWith('service.log')).sort(), [
      'service.log',
      'service.log.1',
      'service.log.2',
    ]);
  });

  it('says in one sentence that it did not start because the disk is full [D9]', async () => {
    program.kill('SIGTERM');
    await once(program, 'exit');
    await fill();
    program = start();
    const [code] = (await once(program, 'exit')) as [number];
    assert.notEqual(code, 0);
    assert.match(said, /The service did not start\.\n\nThe disk of .* is full/u);
    assert.doesNotMatch(said, /^\{/mu);
    await empty();
  });
});
