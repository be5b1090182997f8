import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Finding } from '@gridseal/sdk/audit/findings';
import { root } from '../../scripts/paths.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { serveLog, type ServedLog } from '../setup/served-log.ts';

const BATCHES = 600;

type Report = {
  readonly clean: boolean;
  readonly size: string;
  readonly anchors: number;
  readonly payloads: { readonly checked: number; readonly waiting: number };
  readonly findings: readonly Finding[];
};

describe('gridseal fsck', () => {
  let log: ServedLog;
  let folder: { path: string; remove: () => Promise<void> };

  before(async () => {
    folder = await createTestFolder();
    log = await serveLog();
    await log.fill(BATCHES);
    await log.stored(BATCHES);
  });
  after(async () => {
    await log.stop();
    await folder.remove();
  });

  // Not spawnSync: what the service says in the meantime must be read, or it waits.
  const fsck = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const command = [join(root, 'cli/main.ts'), 'fsck', '--url', log.url, ...args];
      const child = execFile(
        process.execPath,
        command,
        { timeout: 60_000, maxBuffer: 2 ** 24 },
        (_error, stdout, stderr) => {
          resolve({ status: child.exitCode ?? -1, stdout, stderr });
        },
      );
    });
  const report = async (...args: string[]): Promise<Report> => {
    const { stdout, stderr } = await fsck('--json', ...args);
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout) as Report;
  };
  const findings = async (...args: string[]): Promise<string[]> =>
    (await report(...args)).findings.map(({ code, where }) => `${where} ${code}`);

  /** Damages the log, looks what is found, and mends it again. */
  const damaged = async (sql: string, args: string[] = []): Promise<string[]> => {
    assert.equal(await log.postgres.database.execute(sql), 1);
    const found = await findings(...args);
    assert.equal(await log.postgres.database.execute(sql), 1);
    return found;
  };

  it('finds nothing wrong with a sound log, its payloads and its anchors', async () => {
    const trust = join(folder.path, 'sound.trust.json');
    await writeFile(trust, await (await fetch(`${log.url}/v1/trust`)).text());
    const { status, stdout } = await fsck('--rpc', log.rpcUrl, '--trust', trust);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /Nothing is wrong/u);
    assert.match(stdout, /public development keys: this says nothing about the real world/u);
    const { clean, payloads, anchors, size } = await report('--rpc', log.rpcUrl);
    assert.deepEqual([clean, payloads.checked], [true, BATCHES]);
    assert.ok(anchors > 0 && Number(size) >= BATCHES);
  });

  it('says first what it was not given to check, and ends with 5 [C3]', async () => {
    const { status, stdout } = await fsck('--no-payloads');
    assert.equal(status, 5, stdout);
    assert.match(stdout, /Not everything was checked:\n.*--trust FILE\n.*--rpc URL\n.*--no-payloads\n/u);
    assert.ok(stdout.indexOf('Not everything was checked') < stdout.indexOf('entries read'), stdout);
  });

  it('names a tile with a byte changed', async () => {
    const flip = `UPDATE tile SET hashes = set_byte(hashes, 4000, get_byte(hashes, 4000) # 1)
      WHERE level = 0 AND number = 1`;
    assert.deepEqual(await damaged(flip), ['tile/0/001 tile-differs']);
  });

  it('names the right edge with a byte changed', async () => {
    const flip = 'UPDATE edge_tile SET hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1) WHERE level = 1';
    const [found, ...others] = await damaged(flip);
    assert.match(found ?? '', /^tile\/1\/000\.p\/2 tile-differs$/u);
    assert.deepEqual(others, []);
  });

  it('names an entry with a byte changed, the tiles above it, and the signature that no longer holds', async () => {
    const [row] = await log.postgres.database.query<{ block: bigint; at: number; index: bigint }>(
      `SELECT b.id AS block, b.entry_ends[3] - 120 AS at, q.first_index + 2 AS index
       FROM statement_block b JOIN sequenced_block q ON q.block = b.id
       WHERE array_length(b.entry_ends, 1) > 100 LIMIT 1`,
    );
    assert.ok(row);
    const flip = `UPDATE statement_block SET entries = set_byte(entries, ${row.at}, get_byte(entries, ${row.at}) # 1)
      WHERE id = ${row.block}`;
    const found = await damaged(flip);
    assert.ok(
      found.some((line) => line.startsWith(`entry ${row.index} `)),
      found.join('\n'),
    );
    assert.ok(found.some((line) => line.endsWith('tile-differs')));
    assert.ok(found.some((line) => line.endsWith('root-differs')));
  });

  it('names a checkpoint that the key did not sign', async () => {
    const [before] = await log.postgres.database.query<{ checkpoint: string }>(
      'SELECT checkpoint FROM log_published',
    );
    await log.postgres.database.execute('UPDATE log_published SET checkpoint = $1', [
      (before?.checkpoint ?? '').replace(/\n— (\S+) ..../u, '\n— $1 AAAA'),
    ]);
    const found = await findings();
    await log.postgres.database.execute('UPDATE log_published SET checkpoint = $1', [
      before?.checkpoint ?? '',
    ]);
    assert.ok(found.includes('checkpoint checkpoint-invalid'), found.join('\n'));
  });

  it('judges by a trust file of its own, and ends with 3 where a node is none', async () => {
    const trust = join(folder.path, 'trust.json');
    await writeFile(trust, await (await fetch(`${log.url}/v1/trust`)).text());
    assert.equal((await report('--trust', trust, '--rpc', log.rpcUrl)).clean, true);
    const { status, stderr } = await fsck('--trust', trust, '--rpc', log.url);
    assert.equal(status, 3, stderr);
  });

  it('names a payload block that is gone', async () => {
    const blocks = join(log.dataDir, 'blocks');
    const files = (await readdir(blocks, { recursive: true, withFileTypes: true })).filter((file) =>
      file.isFile(),
    );
    const damage = new Map<string, Buffer>();
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      damage.set(path, await readFile(path));
      await writeFile(path, Buffer.from('not this'));
    }
    const { findings: found } = await report();
    for (const [path, bytes] of damage) await writeFile(path, bytes);
    assert.equal(found.filter(({ code }) => code.startsWith('payload-')).length, BATCHES);
    assert.equal((await report()).clean, true);
  });

  it('names a pack that is empty and has lost its index [D4]', async () => {
    const blocks = join(log.dataDir, 'blocks');
    const names = (await readdir(blocks)).filter((name) => name.endsWith('.car'));
    const packs = await Promise.all(
      names.map(async (name) => ({ name, bytes: await readFile(join(blocks, name)) })),
    );
    // Of the one with most blocks, which are payloads.
    const indexOf = ({ name }: { name: string }) => readFile(join(blocks, name.replace('.car', '.idx')));
    const indexes = await Promise.all(
      packs.map(async (pack) => ({ ...pack, indexBytes: await indexOf(pack) })),
    );
    const { name, bytes, indexBytes } = indexes.toSorted(
      (a, b) => b.indexBytes.length - a.indexBytes.length,
    )[0]!;
    const index = join(blocks, name.replace('.car', '.idx'));
    await writeFile(join(blocks, name), '');
    await rm(index);
    const { status, stdout } = await fsck();
    const found = await findings();
    const health = (await (await fetch(`${log.url}/health`)).json()) as {
      parts: Record<string, { status: string; detail?: string }>;
    };
    await writeFile(join(blocks, name), bytes);
    await writeFile(index, indexBytes);

    assert.equal(status, 1, stdout);
    assert.ok(stdout.includes(`${name} is empty`), stdout);
    assert.equal(health.parts.blockstore?.status, 'degraded');
    assert.match(health.parts.blockstore.detail ?? '', new RegExp(`^${name} is empty`, 'u'));
    assert.ok(found.length > 0);
    assert.ok(found.every((line) => line.endsWith('payload-missing')));
    assert.equal((await report()).clean, true);
  });

  it('refuses a state file that is damaged', async () => {
    const state = join(folder.path, 'fsck.state');
    await writeFile(state, 'damaged\n{}');
    const { status, stderr } = await fsck('--state', state);
    assert.equal(status, 4);
    assert.match(stderr, /is damaged: remove it/u);
  });
});
