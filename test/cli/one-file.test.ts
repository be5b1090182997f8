import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { gridseal, type CommandRun } from '../setup/gridseal.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { bundleOf, trustOf, type Change } from '../setup/vector-documents.ts';

// What a person with one file is told: by the command, in a process of its own.

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let node: Server;
let rpcUrl = '';
let written = 0;

/** A node of chain 31337 that has no block but the one whose hash it is given. */
const answerOf = (method: string): unknown => {
  if (method === 'eth_chainId') return '0x7a69';
  return method === 'eth_blockNumber' ? '0x1000000' : null;
};

before(async () => {
  folder = await createTestFolder();
  node = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { id, method } = JSON.parse(body) as { id: number; method: string };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: answerOf(method) }));
    });
  });
  await new Promise<void>((listening) => node.listen(0, '127.0.0.1', listening));
  rpcUrl = `http://127.0.0.1:${(node.address() as AddressInfo).port}`;
});

after(async () => {
  node.closeAllConnections();
  node.close();
  await folder.remove();
});

const put = async (bytes: Uint8Array | string, name = `${written++}.json`): Promise<string> => {
  const file = join(folder.path, name);
  await writeFile(file, bytes);
  return file;
};
const trusting = (change: Change = {}): Promise<string> => put(trustOf(change));
const verify = async (bytes: Uint8Array | string, ...flags: readonly string[]): Promise<CommandRun> =>
  gridseal('verify', await put(bytes), '--trust', await trusting(), ...flags);

const NO_HEADERS: Change = { patch: [{ op: 'replace', path: '/headers', value: [] }] };
const firstLine = ({ stdout }: CommandRun): string => stdout.split('\n')[0] ?? '';
const lastLine = ({ stdout }: CommandRun): string => stdout.trimEnd().split('\n').at(-1) ?? '';

describe('a bundle that was handed on', { concurrency: 2 }, () => {
  const text = new TextDecoder().decode(bundleOf('device'));
  const indented = JSON.stringify(JSON.parse(text), null, 2);
  const forms: readonly (readonly [name: string, text: string])[] = [
    ['re-indented', indented],
    [
      'with a byte order mark, carriage returns and a line feed at the end',
      `\ufeff${indented}\n`.replaceAll('\n', '\r\n'),
    ],
    ['with a line feed at the end', `${text}\n`],
  ];
  for (const [name, changed] of forms)
    it(`${name} is verified, with a remark [C1]`, async () => {
      const run = await verify(changed);
      assert.equal(run.code, 0, run.stderr);
      assert.match(run.stdout, /the file was reformatted since it was made/u);
    });

  it('that says something else is refused however it is laid out', async () => {
    for (const changed of [
      indented.replace('"logIndex": "1"', '"logIndex": 1'),
      indented.replace('"logIndex": "1"', '"logIndex": "1", "logIndex": "1"'),
      indented.replace('"logIndex": "1"', '"logIndex": "1", "note": "x"'),
    ]) {
      assert.notEqual(changed, indented);
      assert.equal((await verify(changed)).code, 2);
    }
  });

  const foreign: readonly (readonly [name: string, bytes: Uint8Array | string, sentence: RegExp])[] = [
    ['compressed', gzipSync(text), /compressed \(gzip\): unpack it/u],
    ['a ZIP archive', Buffer.from('504b0304140000000800', 'hex'), /ZIP archive: unpack it/u],
    ['a PDF', '%PDF-1.7\n', /is a PDF: ask for the JSON file/u],
    ['a web page', '<!DOCTYPE html><html><body>Log in</body></html>', /is a web page/u],
    [
      'an e-mail',
      'Received: from mail.example\r\nContent-Type: text/plain\r\n\r\n',
      /is an e-mail: save the attachment/u,
    ],
    ['UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le'), /UTF-16 text: save it as UTF-8/u],
    ['UTF-16 without a mark', Buffer.from(text, 'utf16le'), /UTF-16 text: save it as UTF-8/u],
    ['empty', '', /is empty: get it again/u],
    ['a trust file', trustOf(), /is a trust file \(name it with --trust\)/u],
  ];
  for (const [name, bytes, sentence] of foreign)
    it(`that is ${name} is named as such [C1]`, async () => {
      const { code, stderr } = await verify(bytes);
      assert.equal(code, 2, stderr);
      assert.match(stderr, sentence);
    });

  it('with trust that is compressed, or UTF-16, is told what to do [C1]', async () => {
    const bundle = await put(bundleOf('device'));
    for (const [bytes, sentence] of [
      [gzipSync(trustOf()), /is not a trust file: it is compressed/u],
      [Buffer.from(`\ufeff${trustOf().toString()}`, 'utf16le'), /is not a trust file: it is UTF-16/u],
      [bundleOf('device'), /is not a trust file: .*it says that it is a bundle/u],
    ] as const) {
      const { code, stderr } = await gridseal('verify', bundle, '--trust', await put(bytes));
      assert.equal(code, 4, stderr);
      assert.match(stderr, sentence);
    }
  });
});

describe('a verdict', { concurrency: 2 }, () => {
  it('ends with one sentence: who, what, when, and what is not proven [C2]', async () => {
    const run = await verify(bundleOf('device'));
    assert.equal(run.code, 0, run.stderr);
    assert.match(
      lastLine(run),
      /^The device 0x[0-9a-f]{40}, its key enrolled 2025-12-29T09:20:00Z, owner not shown by the file, stated 5 readings, of which the file shows 3: active-energy-import of 100 to 104 Wh \(positive is taken from the grid\); measured, as the device's own clock has it, from 2025-12-31T23:59:00Z to 2026-01-01T00:00:00Z, and signed 2026-01-01T00:00:00Z by the same clock; proven to exist no later than 2026-01-01T00:01:00Z, block 4712 \(60 s after the time of signing that its own clock states\), and not before any time; not proven: that the sensor and the clock of the device were right\.$/u,
    );
  });

  it('that leaves the chain unchecked says so first, and ends with 5 [C3] [E7]', async () => {
    const run = await gridseal(
      'verify',
      await put(bundleOf('device')),
      '--trust',
      await trusting(NO_HEADERS),
      '--offline',
    );
    assert.equal(run.code, 5, run.stderr);
    assert.match(
      firstLine(run),
      /^Not everything was checked: .*that the anchor's block is part of the chain \(chain\) are open\./u,
    );
    assert.match(lastLine(run), /if that block is part of the chain, proven to exist no later than/u);
  });

  it('of a bundle without what was waived ends with 5 [C3]', async () => {
    const patch = ['/anchor', '/authority'].map((path) => ({ op: 'replace' as const, path, value: null }));
    const run = await verify(bundleOf('device', { patch }), '--waive', 'authority', 'anchor', 'chain');
    assert.equal(run.code, 5, run.stderr);
    assert.match(firstLine(run), /^Not everything was checked/u);
  });

  it('warns of development keys whatever way the trust came in [C4]', async () => {
    const named = await verify(bundleOf('device'));
    assert.match(named.stdout, /public development keys: this says nothing about the real world/u);
    // Another chain, and the operator whose key everybody has.
    const other = await trusting({
      patch: [
        { op: 'replace', path: '/chainId', value: '1' },
        { op: 'replace', path: '/logs/0/operator', value: '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266' },
      ],
    });
    const { stdout } = await gridseal('verify', await put(bundleOf('device')), '--trust', other);
    assert.match(stdout, /public development key: this says nothing about the real world/u);
  });

  it('of a block that the trust does not pin, though it pins others, fails [E7]', async () => {
    const change: Change = { patch: [{ op: 'replace', path: '/headers', value: [`0x${'11'.repeat(32)}`] }] };
    const run = await gridseal(
      'verify',
      await put(bundleOf('device')),
      '--trust',
      await trusting(change),
      '--offline',
    );
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stdout, /code +BlockUntrusted/u);
  });
});

describe('what a bundle says', { concurrency: 2 }, () => {
  const failing: readonly (readonly [id: string, name: string, bundle: string, code: string])[] = [
    ['E4', 'a contradiction that the device never signed', 'equivocation-unsigned', 'SignatureMismatch'],
    ['E4', 'a contradiction by another digest', 'equivocation-of-another-digest', 'DigestMismatch'],
    ['E5', 'signed after a block above its anchor', 'not-before-above', 'BlockAhead'],
    ['E5', 'signed after the block of its anchor', 'not-before-same', 'BlockAhead'],
    ['E5', 'a made-up hash for the block before its anchor', 'not-before-other-parent', 'NotBeforeHash'],
    ['E5', 'a change of the registry in a block after its anchor', 'registry-event-ahead', 'BlockAhead'],
    ['E6', 'readings outside the interval of their batch', 'interval-elsewhere', 'OutsideInterval'],
    ['E6', 'signed in 9999', 'clock-of-9999', 'AheadOfAnchor'],
    ['E6', 'measured days after its anchor', 'interval-ahead', 'AheadOfAnchor'],
  ];
  for (const [id, name, bundle, code] of failing)
    it(`fails: ${name} [${id}]`, async () => {
      const run = await verify(bundleOf(bundle));
      assert.equal(run.code, 1, run.stderr);
      assert.ok(run.stdout.includes(`code     ${code}`), run.stdout);
    });

  const remarked: readonly (readonly [id: string, bundle: string, remark: RegExp])[] = [
    ['E5', 'not-before-claimed', /signed after block 4711 is claimed, not checked/u],
    ['E6', 'clock-unset', /clock was not set: it says 1970-01-01T00:00:01Z/u],
    ['E6', 'clock-ahead', /the author's clock is 3599 s ahead/u],
    ['E6', 'receipt-ahead', /the operator's clock is 3540 s ahead/u],
  ];
  for (const [id, bundle, remark] of remarked)
    it(`is remarked on: ${bundle} [${id}]`, async () => {
      const run = await verify(bundleOf(bundle));
      assert.equal(run.code, 0, run.stderr);
      assert.match(run.stdout, remark);
    });

  for (const bundle of ['operator', 'equivocation', 'registry-event', 'erasure', 'owner'])
    it(`of others is not believed for being signed: ${bundle} [E4]`, async () => {
      const run = await verify(bundleOf(bundle));
      assert.equal(run.code, 5, run.stderr);
      assert.match(firstLine(run), /that what it says of others is so \(claims\) is open/u);
    });

  for (const header of ['0x', '0xc0', `0x${'c1'.repeat(40)}`])
    it(`cannot end the command by itself: a header ${header.slice(0, 8)} with a node [E8]`, async () => {
      const patch = [{ op: 'replace' as const, path: '/anchor/block/header', value: header }];
      const run = await verify(bundleOf('device', { patch }), '--rpc', rpcUrl);
      assert.equal(run.code, 1, run.stderr);
      assert.equal(run.stderr, '');
      assert.match(run.stdout, /FAILS +anchor .*\n +code +NonCanonical/u);
    });
});
