import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestChain } from '../setup/anvil.ts';
import { createTestDatabase, createTestFolder } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

const CANARY = 'c4n4ry';
/** In the user, the password, the path and the query of each URL, where providers put their keys. */
const dress = (url: string, name: string): string => {
  const dressed = new URL(url);
  dressed.username = `${CANARY}-${name}-user`;
  dressed.password = `${CANARY}-${name}-password`;
  dressed.pathname = `/v3/${CANARY}-${name}-path`;
  dressed.search = `?key=${CANARY}-${name}-query`;
  return dressed.href;
};
const HTML = `<html><title>${CANARY}-html</title>Bad gateway of /srv/${CANARY}-file: SELECT ${CANARY} FROM x</html>`;

/** A server in front of another one, which can be told to answer HTML instead. */
const startProxy = async (target: string) => {
  const state = { broken: false };
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      if (state.broken) {
        response.writeHead(502, { 'content-type': 'text/html' }).end(HTML);
        return;
      }
      const answer = await fetch(target, {
        method: 'POST',
        body: Buffer.concat(parts),
        headers: { 'content-type': 'application/json' },
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, state, server };
};

describe('what anyone may read of the service', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let service: RunningService;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let written = '';

  before(async () => {
    const chain = await startTestChain();
    closing.push(chain.stop);
    const { privateKeyToAccount } = await import('viem/accounts');
    const { developmentKeys } = await import('../../backend/adapters/keys/key-files.ts');
    const { owner, anchor } = developmentKeys();
    for (const key of [owner, anchor])
      await chain.cheat.setBalance({ address: privateKeyToAccount(key).address, value: 10n ** 21n });
    proxy = await startProxy(chain.url);
    closing.push(async () => {
      proxy.server.closeAllConnections();
      proxy.server.close();
    });
    const folder = await createTestFolder();
    closing.push(folder.remove);
    const database = await createTestDatabase();
    closing.push(database.close);
    const named = new URL(database.url);
    named.searchParams.set('application_name', `${CANARY}-database-query`);
    service = await startService({
      dataDir: join(folder.path, 'service'),
      env: {
        DATABASE_URL: named.href,
        RPC_URL: dress(proxy.url, 'rpc'),
        DEPLOY: 'contracts',
        KEYS: 'development',
        FINALITY_DEPTH: '0',
        MQTT_PORT: '0',
        LOG_LEVEL: 'info',
        ANCHOR_INTERVAL_MS: '500',
      },
    });
    closing.push(service.stop);
    for (const stream of [service.process.stdout, service.process.stderr])
      stream?.on('data', (text: Buffer) => {
        written += text.toString('utf8');
      });
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  const PATHS = [
    '/',
    '/docs',
    '/openapi.json',
    '/health',
    '/metrics',
    '/log/checkpoint',
    '/log/key',
    '/log/tile/0/000',
    '/v1/trust',
    '/v1/devices',
    '/v1/anchors',
    '/v1/segments',
    '/v1/statements',
    `/v1/receipts/0x${'00'.repeat(32)}`,
    `/v1/bundles/0x${'00'.repeat(32)}`,
    `/v1/profiles/0x${'00'.repeat(32)}`,
    '/ipfs/bafkqaaa?format=raw',
    '/nowhere',
  ];
  const publicAnswers = async (): Promise<string> => {
    const answers = await Promise.all(
      PATHS.map(async (path) => {
        const response = await fetch(`${service.url}${path}`);
        return `${path} ${JSON.stringify([...response.headers])} ${await response.text()}`;
      }),
    );
    const enrolment = {
      identity: `0x${'11'.repeat(20)}`,
      owner: `0x${'11'.repeat(20)}`,
      algorithm: 1,
      publicKey: '0x00',
      purpose: 1,
      profile: `0x${'11'.repeat(32)}`,
      deadline: '1',
      proofOfPossession: '0x00',
      ownerSignature: '0x00',
    };
    const posted = await fetch(`${service.url}/v1/devices/enrolments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(enrolment),
    });
    return [...answers, `enrolment ${posted.status} ${await posted.text()}`].join('\n');
  };
  const linesWith = (text: string, word: string): string =>
    text
      .split('\n')
      .filter((line) => line.includes(word))
      .map((line) => line.slice(0, 2_000))
      .join('\n');

  it('holds no secret, address, body, statement or file, when all is well and when a node answers HTML [D1]', async () => {
    assert.equal(linesWith(await publicAnswers(), CANARY), '');
    proxy.state.broken = true;
    let health = '';
    for (let looks = 0; !/"chain":\{"status":"(degraded|failing)"/u.test(health); looks += 1) {
      assert.ok(looks < 600, health);
      await sleep(50);
      health = await (await fetch(`${service.url}/health`)).text();
    }
    const answers = await publicAnswers();
    assert.equal(linesWith(answers, CANARY), '');
    const { port } = new URL(proxy.url);
    assert.equal(linesWith(answers, `:${port}`), '', 'the address of the node');
    proxy.state.broken = false;
  });

  it('is no more than the log of the service holds of keys and passwords [D1]', () => {
    assert.ok(written.includes('"level"'), 'nothing was logged');
    for (const part of ['user', 'password', 'path', 'query'])
      assert.equal(linesWith(written, `${CANARY}-rpc-${part}`), '');
  });
});
