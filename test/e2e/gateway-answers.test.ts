import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGridsealClient, SdkError } from '@gridseal/sdk';
import { EXIT } from '../../cli/exit-codes.ts';
import { forwardOverHttp } from '../../edge/gateway/forward.ts';
import { createKeyFile, readKeyFile } from '../../edge/gateway/key-file.ts';
import { openStation } from '../../edge/gateway/station.ts';
import { root } from '../../scripts/paths.ts';
import {
  acceptAll,
  answerJson,
  refuseAll,
  startFalseService,
  type AnswerBatches,
  type FalseService,
} from '../setup/false-service.ts';
import { minuteReadings, TEST_NOW, TEST_PROFILE, testDomain } from '../setup/devices.ts';
import { receiptOf, testOperator, testTrust } from '../setup/operator.ts';
import { createTestFolder } from '../setup/postgres.ts';

const CSV = `time,power [W]
2026-01-01T00:00:00Z,1
2026-01-01T01:00:00Z,2
`;
/** What the key is enrolled with. */
const PROFILE =
  '{"channels":[{"channel":1,"quantity":"power","scale":0,"sign":"as recorded","unit":"W"}],"format":"gridseal-profile/1"}';
/** A command that is not over by then is one that does not end. */
const ENDS_WITHIN_MS = 60_000;
const ZEROS = `0x${'00'.repeat(32)}` as const;

describe('a gateway whose service answers', () => {
  let service: FalseService;
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  let key: string;
  let csv: string;
  let stations = 0;

  before(async () => {
    service = await startFalseService();
    folder = await createTestFolder();
    csv = join(folder.path, 'power.csv');
    await writeFile(csv, CSV);
  });
  after(async () => {
    await service.close();
    await folder.remove();
  });
  beforeEach(async () => {
    stations += 1;
    key = join(folder.path, `${stations}.key.json`);
    service.answer = acceptAll;
    service.asked.length = 0;
    await createKeyFile(key, 'p256');
    await writeFile(`${key}.profile.json`, `${PROFILE}\n`);
  });

  const gridseal = (...args: string[]) => {
    const child = spawn(process.execPath, [join(root, 'cli/main.ts'), 'device', ...args]);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    return { child, closed: once(child, 'close'), output: () => output };
  };
  type Command = ReturnType<typeof gridseal>;
  /** How a command ended; `undefined` when it had to be killed. */
  const ended = async ({ child, closed, output }: Command) => {
    const over = new AbortController();
    const late = sleep(ENDS_WITHIN_MS, undefined, { signal: over.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
    await closed;
    over.abort();
    await late;
    return { code: child.exitCode ?? undefined, output: output() };
  };
  const send = (...args: string[]): Command => gridseal('send', key, csv, '--url', service.url, ...args);
  const receipts = async (): Promise<number> =>
    (await readFile(`${key}.receipts.jsonl`, 'utf8')).split('\n').length - 1;
  const waitsFor = async (holds: () => boolean): Promise<void> => {
    for (let waited = 0; !holds(); waited += 1) {
      assert.ok(waited < 1_200, 'not so in time');
      await sleep(50);
    }
  };

  it('accepted, with a receipt that nobody signed: the batches wait and are sent again [A1]', async () => {
    service.answer = (digests, response) => {
      const receipt = { ...receiptOf(ZEROS), signature: `0x01${'00'.repeat(65)}` };
      answerJson(response, { results: digests.map((digest) => ({ status: 'accepted', digest, receipt })) });
    };
    const first = await ended(send());
    assert.equal(first.code, EXIT.failed, first.output);
    assert.match(first.output, /receipt of another batch; 1 batch waits/u);
    assert.equal(await receipts(), 0);
    service.answer = acceptAll;
    const second = await ended(send());
    assert.equal(second.code, 0, second.output);
    assert.equal(await receipts(), 2);
  });

  it('with another operator than the one that was pinned: it is not asked whom to believe again [A1]', async () => {
    assert.equal((await ended(send())).code, 0);
    const other = await startFalseService();
    const trust = join(folder.path, 'other.trust.json');
    await writeFile(
      trust,
      JSON.stringify({ ...testTrust, logs: [{ ...testTrust.logs[0], operator: `0x${'77'.repeat(20)}` }] }),
    );
    const named = await ended(send('--again', '--trust', trust));
    assert.equal(named.code, EXIT.failed, named.output);
    await other.close();
    assert.deepEqual(JSON.parse(await readFile(`${key}.trust.json`, 'utf8')), testTrust);
  });

  const nonsense: Readonly<Record<string, AnswerBatches>> = {
    'with a page': (_d, response) => void response.writeHead(200).end('<html>Welcome</html>'),
    'with nothing': (_d, response) => void response.writeHead(200).end(),
    'with no content': (_d, response) => void response.writeHead(204).end(),
    'with half a JSON document': (_d, response) => void response.writeHead(200).end('{"results":['),
    'and closes the connection in the midst of it': (_d, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"results"');
      setTimeout(() => response.destroy(), 20);
    },
    'with another place': (_d, response) => void response.writeHead(302, { location: '/login' }).end(),
    'with a refusal of a proxy': (_d, response) => void response.writeHead(403).end('<html>no</html>'),
    'that the message is too large': (_d, response) => void response.writeHead(413).end(),
    'that it is asked too often': (_d, response) =>
      void response.writeHead(429, { 'retry-after': '3' }).end(),
    'that something failed': (_d, response) => void response.writeHead(500).end('oops'),
  };
  it('anything else than a service does: it is worth another try, and the batches wait [A5] [A6]', async () => {
    const station = await openStation({
      ...(await readKeyFile(key)),
      domain: testDomain,
      operator: testOperator,
      profile: TEST_PROFILE,
      folder: `${key}.spool`,
      forward: forwardOverHttp(createGridsealClient({ url: service.url })),
      now: () => TEST_NOW,
      randomKey: () => new Uint8Array(randomBytes(32)),
    });
    for (let n = 0; n < 2; n += 1) await station.report(minuteReadings(3));
    for (const [what, answer] of Object.entries(nonsense)) {
      service.answer = answer;
      const failed = await station.flush().then(
        () => undefined,
        (error: unknown) => error,
      );
      const isRetried = failed === undefined || (failed instanceof SdkError && failed.retryable);
      assert.ok(isRetried, `${what}: ${String(failed)}`);
      assert.equal(station.waiting(), 2, what);
    }
    service.answer = acceptAll;
    await station.flush();
    assert.equal(station.waiting(), 0);
    assert.equal(new Set(service.asked.flat()).size, 2, 'each batch was signed once');
  });

  for (const what of ['with half a JSON document', 'with a refusal of a proxy'])
    it(`${what}: the command ends with a sentence [A5] [A6]`, async () => {
      service.answer = nonsense[what]!;
      const first = await ended(send());
      assert.equal(first.code, EXIT.failed, first.output);
      assert.match(first.output, /batch(es)? waits?: the next/u);
      assert.doesNotMatch(first.output, /\n {4}at |SyntaxError|TypeError/u);
    });

  it('late, while a second command uses the same key: that one ends at once and signs nothing [A2]', async () => {
    service.answer = (digests, response) =>
      service.asked.length > 1 ? acceptAll(digests, response) : undefined;
    const first = send('--hours', '2');
    await waitsFor(() => service.asked.length > 0);
    const second = await ended(send('--hours', '2', '--again'));
    assert.equal(second.code, EXIT.failed, second.output);
    assert.match(second.output, new RegExp(`in use by process ${first.child.pid}`, 'u'));
    first.child.kill('SIGKILL');
    await first.closed;
    const third = await ended(send('--hours', '2'));
    assert.equal(third.code, 0, `what a dead process held is free: ${third.output}`);
    assert.equal(new Set(service.asked.flat()).size, 1, 'one batch was signed');
  });

  it('with a refusal for good: what was measured counts as unsigned, and one number is spent [A9]', async () => {
    service.answer = refuseAll('profile-mismatch');
    const first = await ended(send());
    assert.equal(first.code, EXIT.failed, first.output);
    assert.match(first.output, /refused: profile-mismatch.*1 readings were not signed/su);
    assert.equal(
      service.asked.flat().length,
      1,
      'the second batch is not signed: it would be refused as well',
    );
    service.answer = acceptAll;
    const second = await ended(send());
    assert.equal(second.code, 0, second.output);
    assert.match(second.output, /2 readings of 2 rows/u);
    assert.equal(await receipts(), 2);
  });
});
