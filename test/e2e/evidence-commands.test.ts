import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { z } from 'zod';
import { decodeBundle, parseTrust, verify, type Hex, type Trust } from '@gridseal/protocol';
import { root } from '../../scripts/paths.ts';
import { gridseal, gridsealIn, type CommandRun } from '../setup/gridseal.ts';
import { createTestDatabase, createTestFolder } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

/** Three quarters of an hour of a battery: it charges, rests and feeds in. */
const TELEMETRY = `time,active-power [kW],state-of-charge [%]
2026-06-01T10:00:00Z,-42.5,40.0
2026-06-01T10:15:00Z,0,44.9
2026-06-01T10:30:00Z,38.25,44.9
`;

const rowsSchema = z.object({
  readings: z.array(
    z.object({
      index: z.number(),
      time: z.string(),
      quantity: z.string().nullable(),
      value: z.string(),
      unit: z.string().nullable(),
    }),
  ),
});

describe('the commands for whoever has a digest', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let service: RunningService;
  let folder: string;
  let token: string[];
  let digest: Hex;

  const file = (name: string): string => join(folder, name);
  const asked = (...args: readonly string[]): Promise<CommandRun> => gridseal(...args, '--url', service.url);
  const output = (run: CommandRun): string => `${run.stdout}\n${run.stderr}`;
  const succeeded = (run: CommandRun): string => {
    assert.equal(run.code, 0, output(run));
    return run.stdout;
  };

  const trust = async (): Promise<Trust> => parseTrust(await (await fetch(`${service.url}/v1/trust`)).text());

  /** A service that answers as told, and what it is not told about as the real one. */
  const forgedService = async (
    t: TestContext,
    answers: Readonly<Record<string, string>>,
  ): Promise<string> => {
    const server = createServer((request, response) => {
      const told = answers[request.url ?? ''];
      if (told !== undefined) response.end(told);
      else
        void fetch(`${service.url}${request.url ?? ''}`).then(async (real) => {
          response.writeHead(real.status, { 'content-type': real.headers.get('content-type') ?? '' });
          response.end(await real.bytes());
        });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  before(async () => {
    const temporary = await createTestFolder();
    closing.push(temporary.remove);
    folder = temporary.path;
    const database = await createTestDatabase();
    closing.push(database.close);
    service = await startService({
      dataDir: file('service'),
      env: {
        DATABASE_URL: database.url,
        RPC_PORT: '0',
        MQTT_PORT: '0',
        ANCHOR_INTERVAL_MS: '500',
        LOG_LEVEL: 'warn',
      },
    });
    closing.push(service.stop);
    token = ['--token-file', join(folder, 'service', 'keys', 'api.token')];
    await writeFile(file('day.csv'), TELEMETRY);
    const device = (...args: readonly string[]): Promise<CommandRun> => asked('device', ...args);
    succeeded(await device('create', file('meter.json'), '--algorithm', 'secp256k1'));
    succeeded(await device('enrol', file('meter.json'), '--csv', file('day.csv')));
    const sent = await device('send', file('meter.json'), file('day.csv'), '--json');
    const { digests } = z.object({ digests: z.array(z.string()) }).parse(JSON.parse(succeeded(sent)));
    digest = digests[0] as Hex;
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  it('wait for the anchor, leave a bundle and its trust, and verify offline as they print it', async () => {
    const run = await asked(
      'bundle',
      digest,
      '--out',
      file('bundle.json'),
      '--trust-out',
      file('trust.json'),
      '--rpc',
      service.rpcUrl,
    );
    assert.match(succeeded(run), /Every required layer holds/u);
    const bundle = decodeBundle(await readFile(file('bundle.json')));
    assert.equal(bundle.anchor === null, false);
    assert.equal(parseTrust(await readFile(file('trust.json'), 'utf8')).headers.length, 1);
    const [, printed = ''] = /npx gridseal (verify .*)/u.exec(run.stdout) ?? [];
    assert.match(printed, /--trust .*trust\.json --offline$/u);
    const words = printed.split(' ').map((word) => word.replaceAll("'", ''));
    assert.match(succeeded(await gridseal(...words)), /Every required layer holds/u);
  });

  it('let a stranger with a re-indented file, a trust file and the README learn who, what, when, and what is not proven [C1] [C2] [C5]', async () => {
    const mailed = join(folder, 'mailed');
    await mkdir(mailed);
    const bundle = JSON.parse(await readFile(file('bundle.json'), 'utf8')) as object;
    await writeFile(join(mailed, 'bundle.json'), `\ufeff${JSON.stringify(bundle, null, 2)}\r\n`);
    await writeFile(join(mailed, 'trust.json'), await readFile(file('trust.json')));
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const [, words = ''] =
      /npx gridseal (verify bundle\.json --trust trust\.json --offline)/u.exec(readme) ?? [];
    const run = await gridsealIn(mailed, ...words.split(' '));
    const said = succeeded(run);
    assert.match(said, /reformatted|re-indented|another text/iu);
    assert.match(said, /The device 0x[0-9a-f]{40}/u);
    assert.match(said, /6 readings/u);
    assert.match(said, /proven to exist no later than 20/u);
    assert.match(said, /not proven: /u);
  });

  it('do not replace trust that says something else by what the service says', async () => {
    const trust = JSON.parse(await readFile(file('trust.json'), 'utf8')) as { finality: { depth: string } };
    const own = JSON.stringify({ ...trust, finality: { depth: '999' } });
    await writeFile(file('own-trust.json'), own);
    const args = ['--out', file('not-written.json'), '--trust-out', file('own-trust.json')];
    const run = await asked('bundle', digest, ...args);
    assert.equal(run.code, 4, output(run));
    assert.match(run.stderr, /trusts something else .* not overwritten/u);
    assert.equal(await readFile(file('own-trust.json'), 'utf8'), own);
    await assert.rejects(readFile(file('not-written.json')), { code: 'ENOENT' });
  });

  it('show the readings of a batch in their units, as a table, as CSV and as JSON', async () => {
    const table = succeeded(await asked('readings', digest, ...token));
    assert.match(table, /2026-06-01T10:00:00Z +active-power +-42\.50 +kW/u);
    assert.match(table, /2026-06-01T10:30:00Z +active-power +38\.25 +kW/u);
    const lines = succeeded(await asked('readings', digest, ...token, '--csv')).split('\n');
    assert.equal(lines[0], 'index,time,channel,quantity,value,unit,quality');
    assert.equal(lines.filter((line) => line.includes(',state-of-charge,44.9,%,')).length, 2);
    const { readings } = rowsSchema.parse(
      JSON.parse(succeeded(await asked('readings', digest, ...token, '--json'))),
    );
    assert.deepEqual(
      readings.filter(({ quantity }) => quantity === 'active-power').map(({ value, unit }) => [value, unit]),
      [
        ['-42.50', 'kW'],
        ['0.00', 'kW'],
        ['38.25', 'kW'],
      ],
    );
  });

  it('disclose the readings that a person names, and no other', async () => {
    const selector = 'active-power@2026-06-01T10:15Z..2026-06-01T12:30+02:00';
    const args = ['--readings', selector, '--out', file('two.json'), '--rpc', service.rpcUrl];
    assert.match(succeeded(await asked('disclose', digest, ...token, ...args)), /Opening 2 of 6 readings/u);
    const opened = decodeBundle(await readFile(file('two.json')));
    assert.equal(opened.readings?.disclosed.length, 2);
    const some = await asked('disclose', digest, ...token, '--readings', '0-1', '5', '--out', file('x.json'));
    assert.equal(some.code, 5, output(some));
    assert.match(some.stdout, /Opening 3 of 6 readings/u);

    for (const [wrong, why] of [
      ['9', /0 to 5/u],
      ['voltage', /it has active-power \(channel \d+\), state-of-charge/u],
      ['@2026-06-01T10:15', /no time/u],
      ['@2026-02-30T10:15Z', /no time/u],
      ['@2027-06-01T10:15Z..', /no reading is meant/u],
    ] as const) {
      const run = await asked('disclose', digest, ...token, '--readings', wrong, '--out', file('no.json'));
      assert.equal(run.code, 4, output(run));
      assert.match(run.stderr, why);
    }
  });

  it('say which token is missing or wrong', async () => {
    const missing = await asked('readings', digest);
    assert.equal(missing.code, 4, output(missing));
    assert.match(missing.stderr, /--token-file FILE/u);
    await writeFile(file('wrong.token'), 'a'.repeat(43));
    const wrong = await asked('readings', digest, '--token-file', file('wrong.token'));
    assert.equal(wrong.code, 3, output(wrong));
    assert.match(wrong.stderr, /does not take the token of .*wrong\.token/u);
  });

  it("check the operator's signature on a receipt, and keep it for a challenge", async () => {
    const args = ['--trust', file('trust.json'), '--out', file('receipt.json')];
    const run = await asked('receipt', digest, ...args);
    assert.match(succeeded(run), /The operator of the log signed this receipt/u);
    const promise = ['promise', 'show', file('receipt.json'), '--trust', file('trust.json')];
    succeeded(await gridseal(...promise, '--rpc', service.rpcUrl));
  });

  it('do not believe a receipt that the operator did not sign, or that is of another statement', async (t) => {
    const path = `/v1/receipts/${digest}`;
    const real = JSON.parse(await (await fetch(`${service.url}${path}`)).text()) as {
      accepted: { receiptTimeMs: string };
    };
    const changed = { ...real, accepted: { ...real.accepted, receiptTimeMs: '1780000000000' } };
    const other = `0x${'7'.repeat(64)}`;
    const url = await forgedService(t, {
      [path]: JSON.stringify(changed),
      [`/v1/receipts/${other}`]: JSON.stringify(real),
    });
    for (const asksFor of [digest, other]) {
      const run = await gridseal('receipt', asksFor, '--url', url);
      assert.equal(run.code, 1, output(run));
      assert.match(run.stderr, /does not hold/u);
    }
  });

  it('say how far a statement is when its anchor takes longer than they wait', async (t) => {
    const path = `/v1/receipts/${digest}`;
    const real = JSON.parse(await (await fetch(`${service.url}${path}`)).text()) as object;
    const url = await forgedService(t, {
      [path]: JSON.stringify({ ...real, stage: 'sequenced', anchored: null }),
    });
    const run = await gridseal('bundle', digest, '--url', url, '--wait', '0', '--out', file('late.json'));
    assert.equal(run.code, 3, output(run));
    assert.match(
      run.stderr,
      /not anchored yet: it is in the log at \d+, .* promised one by 20.*, in \d+ min/u,
    );
  });

  it('write no bundle that is of another statement', async (t) => {
    const bundle = await readFile(file('bundle.json'), 'utf8');
    const other = `0x${'7'.repeat(64)}`;
    const receipt = await (await fetch(`${service.url}/v1/receipts/${digest}`)).text();
    const url = await forgedService(t, {
      [`/v1/receipts/${other}`]: receipt,
      [`/v1/bundles/${other}`]: bundle,
    });
    const run = await gridseal('bundle', other, '--url', url, '--out', file('other.json'));
    assert.equal(run.code, 1, output(run));
    assert.match(run.stderr, /nothing is written: .* another statement/u);
    await assert.rejects(readFile(file('other.json')), { code: 'ENOENT' });
  });

  it('name an unknown digest, a text that is none, and a service that is away', async () => {
    const unknown = `0x${'5'.repeat(64)}`;
    for (const command of ['bundle', 'receipt']) {
      const run = await asked(command, unknown);
      assert.equal(run.code, 3, output(run));
      assert.match(run.stderr, /no statement 0x5+ was acknowledged/u);
      assert.equal((await asked(command, '0x12')).code, 4);
    }
    const away = await gridseal('status', '--url', 'http://127.0.0.1:1');
    assert.equal(away.code, 3, output(away));
    assert.match(away.stderr, /there is no service at http:\/\/127\.0\.0\.1:1/u);
  });

  it('list the newest statements with digests that the other commands take', async () => {
    const listed = succeeded(await asked('statements', '--kind', 'TelemetryBatch', '--limit', '1'));
    assert.ok(listed.includes(digest), listed);
    assert.match(listed, /gridseal bundle 0x[0-9a-f]{64} --url http/u);
    assert.equal((await asked('statements', '--kind', 'Weather')).code, 4);
  });

  it('are what the landing page prints, with the bundle in one click: they work as printed [C5]', async () => {
    const html = await (await fetch(`${service.url}/`)).text();
    const printed = [...html.matchAll(/npx gridseal ((?:bundle|verify) [^<]*)</gu)].map(
      ([, words = '']) => words,
    );
    assert.ok(printed.length > 0, 'no command is printed');
    for (const words of printed) {
      const run = await gridsealIn(folder, ...words.trim().split(' '));
      assert.ok([0, 5].includes(run.code), `${words}\n${output(run)}`);
    }
    const [, href = ''] = /<a href="(\/v1\/bundles\/0x[0-9a-f]{64})"/u.exec(html) ?? [];
    const bundle = await (await fetch(`${service.url}${href}`)).bytes();
    assert.ok(href.endsWith(verify(decodeBundle(bundle), await trust()).summary?.digest ?? '-'));
  });

  it('tell in words how the service fares, and as one document', async () => {
    const words = await asked('status');
    assert.match(words.stdout, /log +\d+ entries/u);
    assert.match(words.stdout, /anchors +the newest covers \d+ entries: block \d+/u);
    assert.match(words.stdout, /chain +31337, followed to block \d+/u);
    const json = z
      .object({ status: z.string(), version: z.string(), parts: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse((await asked('status', '--json')).stdout));
    assert.ok(Object.keys(json.parts).includes('anchor'));
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    assert.equal(json.version, version);
    assert.equal(succeeded(await gridseal('--version')).trim(), version);
  });
});
