import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestFolder } from '../setup/postgres.ts';
import { goPeer } from './programs/go.ts';
import { startKubo, type Kubo } from './programs/kubo.ts';
import { pathOf, skipWithout } from './programs/peer.ts';
import { serveLog, type ServedLog } from '../setup/served-log.ts';

const BATCHES = 600;
const kubo = await goPeer('kubo');

test(
  'Kubo takes the place of the blockstore: payloads are pinned there and served from there',
  skipWithout(kubo),
  async (t) => {
    const node = await startKubo(pathOf(kubo));
    t.after(node.stop);
    const log = await serveLog({ IPFS_API_URL: node.apiUrl });
    t.after(log.stop);
    await log.fill(BATCHES);
    await log.stored(BATCHES);

    const segment = await fullestSegment(log);
    await requirePinned(node, segment.root);
    const payloads = await payloadsBelow(node, segment.root);
    assert.equal(payloads.length, segment.payloads);
    for (const cid of [payloads[0], payloads.at(-1)]) {
      const served = await fetch(`${log.url}/ipfs/${String(cid)}?format=raw`);
      assert.equal(served.status, 200);
      const addedAgain = await blockPut(node, new Uint8Array(await served.arrayBuffer()));
      assert.equal(addedAgain, cid, 'Kubo names the served bytes otherwise');
    }
  },
);

test(
  'Kubo imports the CAR of a segment that the blockstore on disk exports, every block of it',
  skipWithout(kubo),
  async (t) => {
    const log = await serveLog();
    t.after(log.stop);
    await log.fill(BATCHES);
    await log.stored(BATCHES);
    const segment = await fullestSegment(log);
    const node = await startKubo(pathOf(kubo));
    t.after(node.stop);
    const folder = await createTestFolder();
    t.after(folder.remove);
    const car = join(folder.path, 'segment.car');
    const answer = await fetch(`${log.url}/v1/segments/${segment.from}/car`);
    assert.equal(answer.status, 200);
    await writeFile(car, new Uint8Array(await answer.arrayBuffer()));
    const imported = await node.ipfs('dag', 'import', '--stats', car);
    assert.match(imported, new RegExp(`Pinned root\\s+${segment.root}\\s+success`));
    assert.equal((await payloadsBelow(node, segment.root)).length, segment.payloads);
  },
);

type SegmentJson = { readonly from: string; readonly root: string; readonly payloads: number };

/** Of the segments that hold every batch, together, the one with most. */
async function fullestSegment(log: ServedLog): Promise<SegmentJson> {
  const answer = (await (await fetch(`${log.url}/v1/segments`)).json()) as { segments: SegmentJson[] };
  const [fullest] = answer.segments.toSorted((a, b) => b.payloads - a.payloads);
  assert.equal(
    answer.segments.reduce((sum, { payloads }) => sum + payloads, 0),
    BATCHES,
  );
  assert.ok(fullest);
  return fullest;
}

async function requirePinned(node: Kubo, root: string): Promise<void> {
  assert.match(await node.ipfs('pin', 'ls', '--type=recursive', root), new RegExp(`^${root} recursive`));
}

/** CIDs of the raw blocks below a root that this node holds itself; it is offline and cannot ask another. */
async function payloadsBelow(node: Kubo, root: string): Promise<readonly string[]> {
  const below = (await node.ipfs('refs', '--recursive', '--unique', root)).trim().split('\n');
  return below.filter((cid) => cid.startsWith('bafkrei'));
}

async function blockPut(node: Kubo, bytes: Uint8Array): Promise<string> {
  const form = new FormData();
  form.set('block', new Blob([Buffer.from(bytes)]));
  const url = `${node.apiUrl}/api/v0/block/put?cid-codec=raw&mhtype=sha2-256`;
  const answer = (await (await fetch(url, { method: 'POST', body: form })).json()) as { Key: string };
  return answer.Key;
}
