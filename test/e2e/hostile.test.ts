import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { INGEST_MEDIA_TYPE, encodeIngestBody, type Domain } from '@gridseal/protocol';
import { createGridsealClient } from '@gridseal/sdk';
import type { TestDevice } from '../setup/devices.ts';
import { createTestDatabase, createTestFolder } from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { startService, type RunningService } from '../setup/service.ts';

const MAX_BODY_BYTES = 1_000_000;
const REQUEST_TIMEOUT_MS = 1_000;
/** What the test reads of the OpenAPI document. */
const openApi = z.object({
  paths: z.record(
    z.string(),
    z.object({
      get: z
        .object({
          parameters: z
            .array(
              z.object({
                name: z.string(),
                in: z.string(),
                schema: z.object({ pattern: z.string().optional() }).optional(),
              }),
            )
            .optional(),
        })
        .optional(),
    }),
  ),
});
/** What a service that refuses all of this may hold more than before. */
const SLACK_MIB = 200;

describe('a service among hostile clients', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let service: RunningService;
  let device: TestDevice;
  let domain: Domain;
  let rssBefore: number;

  const rssMiB = async (): Promise<number> => {
    const status = await readFile(`/proc/${service.process.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/u.exec(status)?.[1]) / 1024;
  };

  before(async () => {
    const database = await createTestDatabase();
    closing.push(database.close);
    const folder = await createTestFolder();
    closing.push(folder.remove);
    service = await startService({
      dataDir: join(folder.path, 'service'),
      env: {
        DATABASE_URL: database.url,
        RPC_PORT: '0',
        MQTT_PORT: '0',
        LOG_LEVEL: 'error',
        KEYS: 'development',
        MAX_BODY_BYTES: String(MAX_BODY_BYTES),
        REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
        RATE_LIMIT_READ: 'off',
        RATE_LIMIT_WRITE: 'off',
      },
    });
    closing.push(service.stop);
    ({ device, domain } = await enrolledDevice(createGridsealClient({ url: service.url })));
    rssBefore = await rssMiB();
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  const post = (
    body: NonNullable<RequestInit['body']>,
    headers: Readonly<Record<string, string>>,
  ): Promise<Response> =>
    fetch(`${service.url}/v1/batches`, { method: 'POST', body, headers, duplex: 'half' });
  const codeOf = async (response: Response): Promise<string> =>
    ((await response.json()) as { code: string }).code;
  const good = (): Buffer => Buffer.from(encodeIngestBody(nextBatches(device, domain, 2)));

  const open = async (): Promise<Socket> => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  /** Sends bytes as they are. @returns what came back until the service closed the connection */
  const raw = async (...parts: readonly (string | Buffer)[]): Promise<string> => {
    const socket = await open();
    const chunks: Buffer[] = [];
    const closed = new Promise<void>((resolve) => {
      socket.on('error', () => undefined);
      socket.once('close', () => resolve());
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    for (const part of parts) socket.write(part);
    await closed;
    return Buffer.concat(chunks).toString('latin1');
  };
  const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/u.exec(answer)?.[1] ?? 0);

  it('lets nobody hold a connection by being slow', async () => {
    const headers = 'POST /v1/batches HTTP/1.1\r\nHost: gridseal\r\n';
    const [slowHead, slowBody] = await Promise.all([
      raw(headers),
      raw(`${headers}Content-Type: ${INGEST_MEDIA_TYPE}\r\nContent-Length: 1000\r\n\r\n`, 'abc'),
    ]);
    assert.equal(statusOf(slowHead), 408);
    assert.ok([408, 503].includes(statusOf(slowBody)), slowBody);
  });

  it('takes no more of a body than it may be long, announced or not', async () => {
    const announced = await raw(
      `POST /v1/batches HTTP/1.1\r\nHost: gridseal\r\nContent-Type: ${INGEST_MEDIA_TYPE}\r\nContent-Length: 1000000000\r\n\r\n`,
    );
    assert.equal(statusOf(announced), 413);
    const socket = await open();
    const answer = new Promise<string>((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')));
    });
    socket.on('error', () => undefined);
    socket.write(
      `POST /v1/batches HTTP/1.1\r\nHost: gridseal\r\nContent-Type: ${INGEST_MEDIA_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')]);
    let sent = 0;
    for (let ended = false; !ended && sent < 1_000; sent += 1) {
      if (!socket.write(chunk))
        await Promise.race([new Promise((wake) => socket.once('drain', wake)), answer]);
      ended = await Promise.race([
        answer.then(() => true),
        new Promise<false>((wake) => setImmediate(wake, false)),
      ]);
    }
    assert.equal(statusOf(await answer), 413);
    assert.ok(sent < 200, `${sent} chunks were taken`);
    socket.destroy();
  });

  it('inflates no bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(500 * MAX_BODY_BYTES));
    assert.ok(bomb.length < MAX_BODY_BYTES);
    for (const type of [INGEST_MEDIA_TYPE, 'application/json']) {
      const response = await post(bomb, { 'content-type': type, 'content-encoding': 'gzip' });
      assert.equal(response.status, 413);
      assert.equal(await codeOf(response), 'body-too-large');
    }
    const unknown = await post('x', { 'content-type': 'application/json', 'content-encoding': 'compress' });
    assert.equal(unknown.status, 415);
    const broken = await post(Buffer.from('no gzip'), {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    });
    assert.equal(broken.status, 400);
  });

  it('answers malformed JSON with 400, whatever it is', async () => {
    const documents = [
      '',
      '{',
      'null',
      '[]',
      '{"batches":{}}',
      '{"batches":[null]}',
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      `{"batches":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      '{"__proto__":{"batches":[]}}',
      '{"batches":[{"constructor":{"prototype":{}}}]}',
      '{"batches":NaN}',
      '{"batches":1e999}',
      '\u0000',
      Buffer.from([0xff, 0xfe, 0x7b, 0x00]),
      Buffer.from('{"batches":["\xc3\x28"]}', 'latin1'),
    ];
    for (const document of documents) {
      const response = await post(document, { 'content-type': 'application/json' });
      const text = await response.text();
      assert.ok(
        response.status === 400 || (response.status === 200 && text.includes('"refused"')),
        `${String(document).slice(0, 40)}: ${response.status} ${text.slice(0, 200)}`,
      );
    }
  });

  it('answers numbers of any size without failing, wherever it takes one', async () => {
    const numbers = [59n, 63n, 64n, 256n].flatMap((bits) => [2n ** bits - 1n, 2n ** bits]);
    numbers.push(10n ** 18n, 10n ** 19n - 1n, 10n ** 78n - 1n);
    const { paths } = openApi.parse(await (await fetch(`${service.url}/openapi.json`)).json());
    const urls = Object.entries(paths).flatMap(([path, { get }]) =>
      (get?.parameters ?? [])
        .filter(({ schema }) => schema?.pattern?.includes('\\d') === true)
        .flatMap(({ name, in: where }) =>
          numbers.map((number) =>
            where === 'path' ? path.replace(`{${name}}`, String(number)) : `${path}?${name}=${number}`,
          ),
        ),
    );
    assert.ok(urls.length >= 5 * numbers.length, `the document names ${urls.length}`);
    for (const url of urls) {
      const { status } = await fetch(`${service.url}${url}`);
      assert.ok(status < 500, `${url}: ${status}`);
    }
    const [identity, keyId] = [`0x${'11'.repeat(20)}`, `0x${'22'.repeat(32)}`];
    const key = { algorithm: 1, publicKey: '0x', purpose: 1, profile: keyId, proofOfPossession: '0x' };
    for (const deadline of numbers.map(String)) {
      const signed = { identity, owner: identity, deadline, ownerSignature: '0x' };
      const calls = {
        enrolments: { ...signed, ...key },
        revocations: { ...signed, keyId, lastGood: keyId, nonce: deadline },
      };
      for (const [path, call] of Object.entries(calls)) {
        const { status } = await fetch(`${service.url}/v1/devices/${path}`, {
          method: 'POST',
          body: JSON.stringify(call),
          headers: { 'content-type': 'application/json' },
        });
        assert.equal(status, BigInt(deadline) < 2n ** 256n ? 422 : 400, `${path} until ${deadline}`);
      }
    }
  });

  it('answers every cut and every damage of the compact body without failing', async () => {
    const whole = good();
    const headers = { 'content-type': INGEST_MEDIA_TYPE };
    for (let length = 0; length < whole.length; length += 7)
      assert.equal((await post(whole.subarray(0, length), headers)).status, 400, `cut at ${length}`);
    for (let at = 0; at < whole.length; at += 5) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0xff;
      const { status } = await post(damaged, headers);
      assert.ok(status === 200 || status === 400, `byte ${at}: ${status}`);
    }
    for (let n = 0; n < 50; n += 1) {
      const { status } = await post(randomBytes(1 + 37 * n), headers);
      assert.equal(status, 400);
    }
  });

  it('refuses requests that two readers could read in two ways', async () => {
    const head = `POST /v1/batches HTTP/1.1\r\nHost: gridseal\r\nContent-Type: ${INGEST_MEDIA_TYPE}\r\n`;
    const tricks = [
      `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`,
      `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n`,
      `${head}Content-Length: -1\r\n\r\n`,
      `${head}Content-Length: 0x10\r\n\r\n`,
      `${head}X: a\u0000b\r\n\r\n`,
      `${head}X : a\r\n\r\n`,
      `${head} folded: a\r\n\r\n`,
      'GET /health HTTP/9.9\r\n\r\n',
      `${'A'.repeat(100_000)} / HTTP/1.1\r\n\r\n`,
    ];
    for (const trick of tricks)
      assert.equal(statusOf(await raw(trick)), 400, JSON.stringify(trick.slice(0, 120)));
    const long = await raw(`GET /health HTTP/1.1\r\nHost: gridseal\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`);
    assert.equal(statusOf(long), 431);
    for (const path of [
      '/%',
      '/v1/receipts/%00',
      '/ipfs/..%2f..',
      '//',
      '/v1/statements?cursor[]=1&limit=-1',
    ]) {
      const { status } = await fetch(new URL(service.url + path));
      assert.ok(status >= 400 && status < 500, `${path}: ${status}`);
    }
  });

  it('serves others while hundreds of connections do nothing', async () => {
    const idle = await Promise.all(Array.from({ length: 500 }, open));
    const response = await post(good(), { 'content-type': INGEST_MEDIA_TYPE });
    assert.equal(response.status, 200);
    for (const socket of idle) socket.destroy();
  });

  it('is as well afterwards as before', async () => {
    const response = await post(good(), { 'content-type': INGEST_MEDIA_TYPE });
    const { results } = (await response.json()) as { results: { status: string }[] };
    assert.deepEqual(
      results.map(({ status }) => status),
      ['accepted', 'accepted'],
    );
    const held = await rssMiB();
    assert.ok(held < rssBefore + SLACK_MIB, `${held} MiB, ${rssBefore} before`);
  });
});
