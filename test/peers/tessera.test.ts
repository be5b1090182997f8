import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestFolder } from '../setup/postgres.ts';
import { goPeer } from './programs/go.ts';
import { pathOf, skipWithout } from './programs/peer.ts';
import { run } from './programs/run.ts';
import { serveLog } from '../setup/served-log.ts';

/** Two full levels of tiles and a partial tile on each. */
const ENTRIES = 100_100;

const tessera = await goPeer('tessera');

test(
  `fsck of Tessera accepts a log of ${ENTRIES} entries and refuses one changed byte in a tile`,
  skipWithout(tessera),
  async (t) => {
    const folder = await createTestFolder();
    t.after(folder.remove);
    const log = await serveLog();
    t.after(log.stop);
    await log.fill(ENTRIES);
    const publicKey = join(folder.path, 'log.pub');
    await writeFile(publicKey, await (await fetch(`${log.url}/log/key`)).text());

    const accepted = await fsck(log.url, publicKey);
    const size = Number(/Successfully fsck'd log with size (\d+)/.exec(accepted)?.[1]);
    // The operator's own statements are entries too.
    assert.ok(size >= ENTRIES, accepted);

    await log.postgres.database.query(
      'UPDATE tile SET hashes = set_byte(hashes, 4000, get_byte(hashes, 4000) # 1) WHERE level = 0 AND number = 123',
    );
    const refused = await fsck(log.url, publicKey);
    assert.match(refused, /fsck failed: .*tile\/0\/123/);
    assert.doesNotMatch(refused, /Successfully/);
  },
);

/** What fsck says; it ends with exit code 0 either way. With one worker (-N 1) it hangs on a bad tile. */
async function fsck(url: string, publicKey: string): Promise<string> {
  const args = ['--storage_url', `${url}/log/`, '--public_key', publicKey, '--ui=false', '-N', '4'];
  const { code, stderr } = await run(pathOf(tessera), args);
  assert.equal(code, 0, stderr);
  return stderr;
}
