import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { toHex } from '@gridseal/protocol/bytes';
import { rootOf } from '@gridseal/protocol/merkle/build';
import { CompactRange } from '@gridseal/protocol/merkle/compact-range';
import { hashLeaf } from '@gridseal/protocol/merkle/hash';
import { parseCheckpoint } from '@gridseal/protocol/tlog/checkpoint';
import { decodeEntryBundle } from '@gridseal/protocol/tlog/entry-bundle';
import { parseNote, parseVerifierKey, verifyNoteSignature } from '@gridseal/protocol/tlog/note';
import { spanOf, tilePath, widthAt } from '@gridseal/protocol/tlog/tile';
import { logRoutes } from '../../../backend/features/log/routes.ts';
import type { LogReader } from '../../../backend/features/log/types.ts';
import { NO_WITNESSES } from '../../../backend/features/witness/none.ts';
import { createTestDevice } from '../../setup/devices.ts';
import { serveRoutes } from '../../setup/http.ts';
import {
  createTestIngest,
  createTestLog,
  createTestReader,
  startTestSequencer,
  type TestLog,
} from '../../setup/log-node.ts';
import { createTestDatabase, createTestFolder } from '../../setup/postgres.ts';

describe('the served log', () => {
  let log: TestLog;
  let reader: LogReader;
  let url: string;
  const closing: (() => Promise<void>)[] = [];

  before(async () => {
    const test = await createTestDatabase();
    const folder = await createTestFolder();
    log = await createTestLog();
    reader = createTestReader(log, test.database);
    const ingest = createTestIngest(log, test.database);
    const served = await serveRoutes(logRoutes(reader, log.verifierKey, NO_WITNESSES));
    url = served.url;
    assert.equal((await fetch(`${url}/log/checkpoint`)).status, 404);
    const sequencer = await startTestSequencer(log, test.database, folder.path);
    const device = createTestDevice();
    log.directory.enrol(device.key);
    for (const count of [1, 200, 57, 300, 14]) {
      await ingest.submit(Array.from({ length: count }, () => device.next()));
      await sequencer.drained();
    }
    closing.push(served.close, sequencer.stop, ingest.close, test.close, folder.remove);
  });
  after(async () => {
    for (const close of closing) await close();
  });

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/log/${path}`, { headers });
  const bytesOf = async (path: string): Promise<Uint8Array> => {
    const response = await get(path);
    assert.equal(response.status, 200, path);
    return new Uint8Array(await response.arrayBuffer());
  };

  const state = async () => {
    const note = parseNote(await (await get('checkpoint')).text());
    const key = parseVerifierKey((await (await get('key')).text()).trimEnd());
    assert.ok(verifyNoteSignature(note.text, note.signatures[0]!, key));
    return parseCheckpoint(note.text);
  };

  it('gives the published root from its tiles alone', async () => {
    const { size, root } = await state();
    const tiles = new Map<string, Uint8Array>();
    for (let level = 0; widthAt(level, 0n, size) > 0; level += 1)
      for (let index = 0n; widthAt(level, index, size) > 0; index += 1n) {
        const path = tilePath({ level, index, width: widthAt(level, index, size) });
        tiles.set(`${level}/${index}`, await bytesOf(path));
      }
    const readNode = (node: Parameters<typeof spanOf>[0]) => {
      const { level, index, start, end } = spanOf(node);
      const range = new CompactRange();
      for (let i = start; i < end; i += 1)
        range.append(tiles.get(`${level}/${index}`)!.slice(32 * i, 32 * i + 32));
      return range.root();
    };
    assert.equal(toHex(rootOf(size, readNode)), toHex(root));
  });

  it('gives entries that hash to the leaves of its tiles, in full and partial bundles', async () => {
    const { size } = await state();
    for (let index = 0n; widthAt('entries', index, size) > 0; index += 1n) {
      const width = widthAt('entries', index, size);
      const entries = decodeEntryBundle(await bytesOf(tilePath({ level: 'entries', index, width })));
      const hashes = await bytesOf(tilePath({ level: 0, index, width }));
      assert.deepEqual(Buffer.concat(entries.map((entry) => hashLeaf(entry))), Buffer.from(hashes));
    }
  });

  it('serves a partial tile of every width up to what is published, also of a tile that is full', async () => {
    const { size } = await state();
    const width = widthAt(0, 2n, size);
    const edge = await bytesOf(`tile/0/002.p/${width}`);
    const [full, part] = [await bytesOf('tile/0/000'), await bytesOf('tile/0/000.p/255')];
    assert.deepEqual(part, full.slice(0, 255 * 32));
    assert.deepEqual(await bytesOf('tile/0/002.p/1'), edge.slice(0, 32));
    assert.equal(decodeEntryBundle(await bytesOf('tile/entries/001.p/7')).length, 7);
  });

  it('answers 404 for tiles beyond the log and for paths that name no tile', async () => {
    const { size } = await state();
    const beyond = widthAt(0, 2n, size) + 1;
    const missing = [
      'tile/0/002',
      `tile/0/002.p/${beyond}`,
      'tile/0/009',
      'tile/entries/002',
      'tile/5/000',
      'tile/1/000',
    ];
    const malformed = [
      'tile/0/0',
      'tile/00/000',
      'tile/0/000.p/256',
      'tile/0/000.p/0',
      'tile/x/000',
      'tile/64/000',
      'tile/0/../../checkpoint/x',
    ];
    for (const path of [...missing, ...malformed]) assert.equal((await get(path)).status, 404, path);
  });

  it('lets nobody keep the answer that there is no such tile yet [D12]', async () => {
    for (const path of ['tile/0/002', 'tile/entries/002', 'tile/0/0', 'nothing'])
      assert.deepEqual(
        await get(path).then(({ status, headers }) => [status, headers.get('cache-control')]),
        [404, 'no-store'],
        path,
      );
  });

  it('says how long each file may be kept, and answers 304 to those who have it', async () => {
    const tile = await get('tile/0/000');
    assert.equal(tile.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(tile.headers.get('content-type'), 'application/octet-stream');
    const checkpoint = await get('checkpoint');
    assert.equal(checkpoint.headers.get('cache-control'), 'no-cache');
    assert.match(checkpoint.headers.get('content-type')!, /^text\/plain/);
    for (const path of ['tile/0/000', 'checkpoint', 'key']) {
      const etag = (await get(path)).headers.get('etag')!;
      assert.equal((await get(path, { 'If-None-Match': etag })).status, 304, path);
      assert.equal((await get(path, { 'If-None-Match': '"other"' })).status, 200, path);
    }
  });

  it('lets pages of other origins read it', async () => {
    assert.equal((await get('checkpoint')).headers.get('access-control-allow-origin'), '*');
  });

  it('refuses to read beyond what is published', async () => {
    const { size } = await state();
    await assert.rejects(reader.entry(size), { code: 'index-out-of-range' });
    await assert.rejects(reader.entries(0n, size + 1n), { code: 'index-out-of-range' });
    await assert.rejects(reader.root(size + 1n), { code: 'size-out-of-range' });
    await assert.rejects(reader.inclusionProof(size, size), { code: 'index-out-of-range' });
    await assert.rejects(reader.inclusionProof(0n, size + 1n), { code: 'size-out-of-range' });
    await assert.rejects(reader.consistencyProof(0n, size), { code: 'size-out-of-range' });
    await assert.rejects(reader.consistencyProof(5n, 4n), { code: 'size-out-of-range' });
    assert.equal(await reader.indexOf(new Uint8Array(32)), undefined);
    assert.deepEqual(await reader.entries(3n, 3n), []);
  });
});
