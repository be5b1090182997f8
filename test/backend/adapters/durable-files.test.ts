import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  DurableFileError,
  createDurableFiles,
} from '../../../backend/adapters/durable-file/durable-files.ts';
import { createVolatileFileSystem } from '../../setup/volatile-file-system.ts';

const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

test('a finished write survives power loss', async () => {
  const fs = createVolatileFileSystem();
  const files = createDurableFiles(fs);
  await files.write('/state/head', 'one');
  await files.write('/state/head', 'two');
  fs.crash();
  assert.equal(text(await files.read('/state/head')), 'two');
  assert.equal(fs.modeOf('/state/head'), 0o600);
});

test('a write that fails at any operation, then power loss, leaves the old or the new content whole', async () => {
  for (let operation = 1; ; operation += 1) {
    const fs = createVolatileFileSystem();
    const files = createDurableFiles(fs);
    await files.write('/state/head', 'old');
    fs.failOperation(operation);
    const outcome = await files.write('/state/head', 'new').then(
      () => 'resolved',
      () => 'rejected',
    );
    fs.crash();
    const after = text(await files.read('/state/head'));
    if (outcome === 'resolved') {
      assert.equal(after, 'new');
      assert.ok(operation > 4, 'the loop reached every operation of a write');
      return;
    }
    assert.ok(after === 'old' || after === 'new', `operation ${operation} left ${JSON.stringify(after)}`);
  }
});

test('create refuses a second file and keeps the first', async () => {
  const files = createDurableFiles(createVolatileFileSystem());
  await files.create('/keys/operator.key', 'first');
  await assert.rejects(
    files.create('/keys/operator.key', 'second'),
    (error) => error instanceof DurableFileError && error.path === '/keys/operator.key',
  );
  assert.equal(text(await files.read('/keys/operator.key')), 'first');
  assert.deepEqual(await files.list('/keys'), ['operator.key']);
});

test('a removed file does not come back after power loss', async () => {
  const fs = createVolatileFileSystem();
  const files = createDurableFiles(fs);
  await files.write('/keys/period', 'secret');
  await files.remove('/keys/period');
  fs.crash();
  assert.equal(await files.read('/keys/period'), undefined);
  await files.remove('/keys/period');
});

test('on a real disk: modes, replacement, and no file left beside', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gridseal-files-'));
  t.after(() => rm(folder, { recursive: true }));
  const files = createDurableFiles();
  const path = join(folder, 'deep', 'er', 'file');
  await files.create(path, 'a');
  await assert.rejects(files.create(path, 'b'), { code: 'file-exists' });
  await files.write(path, new Uint8Array([0xff]), 0o644);
  assert.deepEqual([...(await readFile(path))], [0xff]);
  assert.equal((await stat(path)).mode & 0o777, 0o644);
  assert.deepEqual(await files.list(join(folder, 'deep', 'er')), ['file']);
  assert.deepEqual(await files.list(join(folder, 'absent')), []);
});
