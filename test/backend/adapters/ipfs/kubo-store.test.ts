import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CarReader } from '@ipld/car';

import { createKuboStore } from '../../../../backend/adapters/ipfs/kubo-store.ts';
import { linkList, rawBlock } from '../../../../backend/content/blocks.ts';

/**
 * Kubo's RPC as far as pins go, to force what a real node does only now and then. As a real one does, it takes the pin of a
 * root away before it pins it again (boxo's `doPinRecursive`).
 */
const startFakeKubo = async () => {
  const pins = new Map<string, 'recursive' | 'direct'>();
  const unpinned: string[] = [];
  const fault = { forgetsPins: false };
  const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    return Buffer.concat(parts);
  };
  /** The one file of a multipart body. */
  const fileOf = (request: IncomingMessage, body: Buffer): Buffer => {
    const boundary = /boundary=(\S+)/u.exec(request.headers['content-type'] ?? '')?.[1] ?? '';
    const from = body.indexOf('\r\n\r\n') + 4;
    return body.subarray(from, body.indexOf(`\r\n--${boundary}`, from));
  };
  const pin = (cid: string, type: 'recursive' | 'direct'): void => {
    if (pins.delete(cid)) unpinned.push(cid);
    if (!fault.forgetsPins) pins.set(cid, type);
  };

  const answer = async (request: IncomingMessage): Promise<readonly [number, string]> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://kubo');
    const body = await bodyOf(request);
    const arg = searchParams.get('arg') ?? '';
    if (pathname === '/api/v0/dag/import') {
      const roots = (await (await CarReader.fromBytes(fileOf(request, body))).getRoots()).map(String);
      if (searchParams.get('pin-roots') !== 'true') return [200, ''];
      for (const root of roots) pin(root, 'recursive');
      return [
        200,
        roots
          .map((root) => `${JSON.stringify({ Root: { Cid: { '/': root }, PinErrorMsg: '' } })}\n`)
          .join(''),
      ];
    }
    if (pathname === '/api/v0/block/put')
      return [200, JSON.stringify({ Key: String(rawBlock(fileOf(request, body)).cid), Size: 1 })];
    if (pathname === '/api/v0/pin/add') {
      pin(arg, searchParams.get('recursive') === 'false' ? 'direct' : 'recursive');
      return [200, JSON.stringify({ Pins: [arg] })];
    }
    if (pathname === '/api/v0/pin/ls') {
      const type = pins.get(arg);
      return type === undefined || type !== searchParams.get('type')
        ? [500, JSON.stringify({ Message: `path '/ipfs/${arg}' is not pinned`, Code: 0, Type: 'error' })]
        : [200, JSON.stringify({ Cid: arg, Type: type })];
    }
    return [404, pathname];
  };
  const server: Server = createServer((request, response) => {
    void answer(request).then(([status, text]) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(text),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pins,
    unpinned,
    fault,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

describe('what a Kubo node is believed to have pinned', () => {
  let kubo: Awaited<ReturnType<typeof startFakeKubo>>;
  before(async () => {
    kubo = await startFakeKubo();
  });
  after(() => kubo.stop());
  beforeEach(() => {
    kubo.pins.clear();
    kubo.unpinned.length = 0;
    kubo.fault.forgetsPins = false;
  });

  const leaves = Array.from({ length: 5 }, (_, n) => rawBlock(Buffer.from(`payload ${n}`)));
  const dag = async () => {
    const { root, blocks } = await linkList(leaves.map(({ cid }) => cid));
    return { root, blocks: [...blocks, ...leaves], lists: blocks };
  };

  it('is what it lists, not what it answers to the import [D13]', async () => {
    const { root, blocks } = await dag();
    kubo.fault.forgetsPins = true;
    await assert.rejects(createKuboStore(kubo.url).importBlocks(root, blocks), { code: 'not-pinned' });
    kubo.fault.forgetsPins = false;
    await createKuboStore(kubo.url).importBlocks(root, blocks);
    assert.equal(kubo.pins.get(root.toString()), 'recursive');
  });

  it('stays pinned while an anchor stores the list of the same payloads again [D13]', async () => {
    const { root, blocks, lists } = await dag();
    const store = createKuboStore(kubo.url);
    await store.importBlocks(root, blocks);
    await store.importBlocks(root, lists);
    assert.deepEqual(kubo.unpinned, []);
    assert.equal(kubo.pins.get(root.toString()), 'recursive');
  });

  it('is a manifest only when the node lists that, too [D13]', async () => {
    const { cid, bytes } = leaves[0]!;
    kubo.fault.forgetsPins = true;
    await assert.rejects(createKuboStore(kubo.url).putPinned(cid, bytes), { code: 'not-pinned' });
    kubo.fault.forgetsPins = false;
    await createKuboStore(kubo.url).putPinned(cid, bytes);
    assert.equal(kubo.pins.get(cid.toString()), 'direct');
  });
});
