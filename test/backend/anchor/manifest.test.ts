import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import * as dagCbor from '@ipld/dag-cbor';

import { cborCid, linkList, LINKS_PER_BLOCK, rawBlock } from '../../../backend/content/blocks.ts';
import {
  decodeManifest,
  encodeManifest,
  ManifestError,
  readLinks,
  type Manifest,
} from '../../../backend/features/anchor/manifest.ts';

const hash = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());

const manifest: Manifest = {
  logId: hash('log'),
  epoch: 0n,
  size: 300n,
  root: hash('root'),
  checkpoint: 'origin\n300\n',
  previous: null,
  from: 256n,
  entries: rawBlock(hash('bundle')).cid,
  payloads: null,
  profiles: [],
  promises: [
    { entries: 40n, seconds: 3_600n },
    { entries: 4n, seconds: 60n },
  ],
  evidence: null,
};

test('a manifest decodes to what was encoded, and its hash alone gives its CID', () => {
  const block = encodeManifest(manifest);
  const decoded = decodeManifest(block.bytes);
  assert.deepEqual(
    { ...decoded, entries: String(decoded.entries) },
    { ...manifest, entries: String(manifest.entries) },
  );
  assert.ok(cborCid(createHash('sha256').update(block.bytes).digest()).equals(block.cid));
});

test('sizes beyond 2^53 survive', () => {
  const large = { ...manifest, size: 2n ** 62n, from: 2n ** 61n };
  const { size, from } = decodeManifest(encodeManifest(large).bytes);
  assert.deepEqual({ size, from }, { size: large.size, from: large.from });
});

test('a manifest with a field too many, too few or of another type is refused', () => {
  const fields = dagCbor.decode<Record<string, unknown>>(encodeManifest(manifest).bytes);
  const refusals: [Record<string, unknown>, string][] = [
    [{ ...fields, extra: 1 }, 'version'],
    [{ ...fields, version: 3 }, 'version'],
    [{ ...fields, promises: [[1]] }, 'promises'],
    [{ ...fields, promises: [[1, 2, 3]] }, 'promises'],
    [{ ...fields, profiles: ['bafy'] }, 'profiles'],
    [{ ...fields, evidence: 1 }, 'evidence'],
    [{ ...fields, size: -1 }, 'size'],
    [{ ...fields, root: hash('root').slice(1) }, 'root'],
    [{ ...fields, entries: 'bafy' }, 'entries'],
    [{ ...fields, checkpoint: 1 }, 'checkpoint'],
  ];
  for (const [changed, field] of refusals) {
    assert.throws(
      () => decodeManifest(dagCbor.encode(changed)),
      (error) => error instanceof ManifestError && error.field === field,
    );
  }
  assert.throws(() => decodeManifest(Uint8Array.of(0xff)), ManifestError);
});

test('a long list splits into blocks that IPFS nodes exchange, and reads back in order', async () => {
  const links = Array.from({ length: LINKS_PER_BLOCK + 3 }, (_, index) => rawBlock(hash(String(index))).cid);
  const { blocks } = await linkList(links);
  assert.equal(blocks.length, 3);
  for (const block of blocks) assert.ok(block.bytes.length < 1 << 20);
  const byCid = new Map(blocks.map((block) => [block.cid.toString(), block.bytes]));
  const root = blocks.at(-1)?.bytes ?? new Uint8Array();
  const read = readLinks(root).flatMap((cid) => readLinks(byCid.get(cid.toString()) ?? new Uint8Array()));
  assert.deepEqual(read.map(String), links.map(String));
});
