import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Hex } from '@gridseal/protocol';
import { createPublicClient, http } from 'viem';

import { createDirectory, type MemoryDirectory } from '../../../backend/features/chain/directory.ts';
import { createFollower } from '../../../backend/features/chain/follower.ts';
import type { ChainBinding } from '../../../backend/features/chain/types.ts';
import { createTestLog } from '../../setup/anchoring.ts';
import { startTestChain, type TestChain } from '../../setup/anvil.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

type Refusal = { readonly status: number; readonly body: string; readonly type?: string };

const rpc = (code: number, message: string, status = 200, data?: unknown): Refusal => ({
  status,
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    error: { code, message, ...(data === undefined ? {} : { data }) },
  }),
});

/** How nodes and providers refuse a range that is too wide, as their users quote it in public. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  QuickNode: rpc(-32_614, 'eth_getLogs is limited to a 10,000 range', 413),
  'Infura, by range': rpc(-32_602, 'range 1000000 exceeds limit of 10000'),
  'Infura, by results': rpc(-32_005, 'query returned more than 10000 results'),
  Tenderly: rpc(-32_602, 'invalid params', 200, { payload: 'range 9009594 is bigger than range limit 2000' }),
  Ankr: rpc(-32_062, 'Block range is too large'),
  'Ankr, later': rpc(-32_000, 'maximum [from, to] blocks distance: 10000'),
  Alchemy: rpc(-32_600, 'You can make eth_getLogs requests with up to a 500 block range.', 400),
  'BNB chain': rpc(-32_000, 'exceed maximum block range: 5000'),
  Scroll: rpc(-32_000, 'block range is bigger than maxBlockRange'),
  Morph: rpc(
    -32_000,
    'block range is larger than max block range, block range = 5120, max block range = 5000',
  ),
  Reth: rpc(-32_602, 'query exceeds max block range 5000'),
  'Reth, by results': rpc(-32_602, 'query exceeds max results 20000, retry with the range 23879634-23879696'),
  BlockPI: rpc(-32_602, 'eth_getLogs is limited to 1024 block range.'),
  'a public node': rpc(-32_603, 'eth_getLogs range is too large, max is 1k blocks'),
  dRPC: rpc(35, 'ranges over 10000 blocks are not supported on freetier', 400),
  'Polygon CDK': rpc(-32_005, 'block range too large, max range: 1000'),
  Candle: rpc(-32_600, 'block range too high'),
  'code -32011': rpc(-32_011, 'no backend is currently healthy to serve traffic', 503),
  'code -32012': rpc(-32_012, 'block range limit exceeded'),
  'a proxy, 400': { status: 400, body: 'Bad Request' },
  'a proxy, 413': { status: 413, body: '<html><body>413 Request Entity Too Large</body></html>' },
  'a proxy, 502': { status: 502, body: '<html><body>502 Bad Gateway</body></html>', type: 'text/html' },
  'a proxy, 503': { status: 503, body: 'upstream request timeout' },
};

describe('a range of logs that the node refuses', () => {
  let chain: TestChain;
  let postgres: TestDatabase;
  let binding: ChainBinding;
  let directory: MemoryDirectory;
  let proxy: Server;
  let url: string;
  let refusal: Refusal | undefined;
  let limit = 0n;
  const asked: bigint[] = [];

  before(async () => {
    chain = await startTestChain();
    await chain.cheat.setAutomine(false);
    binding = await createTestLog(chain, `0x${'42'.repeat(20)}`);
    await chain.cheat.mine({ blocks: 120 });
    proxy = createServer((request, response) => {
      void (async () => {
        const parts: Buffer[] = [];
        for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
        const body = Buffer.concat(parts).toString();
        const { method, params } = JSON.parse(body) as {
          method: string;
          params: [{ fromBlock: Hex; toBlock: Hex }];
        };
        if (method === 'eth_getLogs') {
          const width = BigInt(params[0].toBlock) - BigInt(params[0].fromBlock) + 1n;
          asked.push(width);
          if (refusal !== undefined && width > limit) {
            response
              .writeHead(refusal.status, { 'Content-Type': refusal.type ?? 'application/json' })
              .end(refusal.body);
            return;
          }
        }
        const answer = await fetch(chain.url, {
          method: 'POST',
          body,
          headers: { 'Content-Type': 'application/json' },
        });
        response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(await answer.text());
      })();
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  after(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await chain.stop();
  });
  beforeEach(async (t) => {
    postgres = await createTestDatabase();
    if ('after' in t) t.after(() => postgres.close());
    directory = createDirectory(postgres.database, 0n);
    asked.length = 0;
  });

  const followerOf = () =>
    createFollower({
      client: createPublicClient({ transport: http(url, { retryCount: 0 }), cacheTime: 0 }),
      database: postgres.database,
      binding,
      directory,
      firstBlock: 0n,
      queue: async () => undefined,
    });

  it('is halved, whatever the provider says of it [D2]', async () => {
    limit = 0n;
    for (const [provider, answer] of Object.entries(REFUSALS)) {
      refusal = answer;
      asked.length = 0;
      const follower = followerOf();
      for (let step = 1; step <= 2; step += 1)
        assert.equal(await follower.step().catch(String), 'more', `${provider}, step ${step}`);
      const [first, second] = asked;
      assert.equal(second, (first ?? 0n) / 2n, provider);
    }
  });

  it('is not tried again at once when a smaller one was served [D2]', async () => {
    refusal = REFUSALS['BNB chain'];
    limit = 10n;
    await followerOf().catchUp();
    const refused = asked.filter((width) => width > limit).length;
    assert.ok(refused <= 5, `${refused} of ${asked.length} requests were refused`);
  });

  it('is left as it was when a single block is refused too: that is about something else', async () => {
    refusal = REFUSALS['a proxy, 503'];
    limit = 0n;
    const follower = followerOf();
    await assert.rejects(follower.catchUp());
    refusal = undefined;
    asked.length = 0;
    await follower.catchUp();
    assert.ok((asked[0] ?? 0n) > 100n, `asked for ${asked[0]} blocks`);
  });
});
