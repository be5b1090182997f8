import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../../scripts/paths.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

const run = promisify(execFile);

describe('docs/guide/backup.md', () => {
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  let service: RunningService | undefined;
  before(async () => {
    folder = await createTestFolder();
  });
  after(async () => {
    await service?.stop();
    await folder.remove();
  });

  const start = (dataDir: string) =>
    startService({
      dataDir,
      env: { RPC_PORT: '0', MQTT_PORT: '0', LOG_LEVEL: 'warn', ANCHOR_INTERVAL_MS: '500' },
    });
  const checkpoint = async () => (await fetch(`${service?.url ?? ''}/log/checkpoint`)).text();
  const sizeOf = (text: string) => Number(text.split('\n')[1]);

  it('has commands that copy a data folder and bring it back elsewhere [D11]', async () => {
    const page = await readFile(join(root, 'docs/guide/backup.md'), 'utf8');
    const commands = [...page.matchAll(/^(cp -a .*)$/gmu)].map(([, command]) => command ?? '');
    assert.deepEqual(commands, ['cp -a "$DATA" "$COPY"', 'cp -a "$COPY" "$DATA"']);
    const [copy = '', bringBack = ''] = commands;
    const shell = (command: string, data: string) =>
      run('/bin/sh', ['-ec', command], {
        env: { PATH: process.env.PATH, DATA: data, COPY: join(folder.path, 'copy') },
      });

    const original = join(folder.path, 'original');
    service = await start(original);
    const origin = (await checkpoint()).split('\n')[0];
    await service.stop();
    await shell(copy, original);
    await rm(original, { recursive: true });

    const elsewhere = join(folder.path, 'elsewhere');
    await shell(bringBack, elsewhere);
    service = await start(elsewhere);
    const after = await checkpoint();
    assert.equal(after.split('\n')[0], origin);
    assert.ok(sizeOf(after) > 0);
    const { stdout } = await run(
      process.execPath,
      [
        ...[join(root, 'cli/main.ts'), 'fsck', '--url', service.url, '--json'],
        ...['--trust', join(elsewhere, 'trust.json'), '--rpc', service.rpcUrl],
      ],
      { timeout: 120_000 },
    );
    assert.equal((JSON.parse(stdout) as { clean: boolean }).clean, true, stdout);
  });
});
