import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeBundle, verify, type Domain, type Hex, type Trust } from '@gridseal/protocol';
import {
  askAnchorBlock,
  createGridsealClient,
  getBundle,
  getReceipt,
  getTrust,
  ServiceError,
  submitBatches,
  type GridsealClient,
} from '@gridseal/sdk';
import { parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { root } from '../../scripts/paths.ts';
import { startTestChain, type TestChain } from '../setup/anvil.ts';
import type { TestDevice } from '../setup/devices.ts';
import { gridseal, gridsealWith, type CommandRun } from '../setup/gridseal.ts';
import {
  createEmptyTestDatabase,
  createTestDatabase,
  createTestFolder,
  type TestDatabase,
} from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { startService, type RunningService } from '../setup/service.ts';
import { createThief } from '../setup/thief.ts';

const PATIENCE_MS = 60_000;
/** Of the follower, with room for a busy machine. */
const NOTICED_WITHIN_MS = 20_000;

type Anchor = { readonly size: string; readonly status: string; readonly epoch: string };
type Health = {
  readonly status: string;
  readonly parts: Record<string, { status: string; detail?: string; figures?: Record<string, number> }>;
};

for (const [name, size] of [
  ['one leaf that nobody knows', 'one more'],
  ['2^62 leaves', 2n ** 62n],
] as const)
  describe(`a stolen anchor key, with which somebody anchors ${name}`, () => {
    /** What the commands refuse is the same for both. */
    const isFirst = size === 'one more';
    const closing: (() => Promise<unknown>)[] = [];
    let folder: Awaited<ReturnType<typeof createTestFolder>>;
    let chain: TestChain;
    let database: TestDatabase;
    let service: RunningService;
    let client: GridsealClient;
    let device: TestDevice;
    let domain: Domain;
    const anchored: Hex[] = [];
    /** Bundles of before, as their holders keep them. */
    const held: { digest: Hex; index: string | undefined; bundle: Uint8Array }[] = [];
    let oldTrust: Trust;

    const keyFile = (key: string): string => join(folder.path, 'service', 'keys', `${key}.key`);
    const addressOf = (secret: string): string =>
      privateKeyToAccount(secret.trim() as Hex).address.toLowerCase();
    /** A new key with some ether. @returns its address */
    const makeKey = async (key: string): Promise<string> => {
      const secret: Hex = `0x${randomBytes(32).toString('hex')}`;
      await writeFile(keyFile(key), `${secret}\n`, { mode: 0o600 });
      const { address } = privateKeyToAccount(secret);
      await chain.cheat.setBalance({ address, value: parseEther('10') });
      return address.toLowerCase();
    };
    /** `gridseal log …`, which must succeed. */
    const owned = async (...args: string[]): Promise<CommandRun> => {
      const run = await gridseal('log', ...args, '--url', service.url, '--rpc', chain.url);
      assert.equal(run.code, 0, run.stdout + run.stderr);
      return run;
    };
    const refused = async (why: RegExp, ...args: string[]): Promise<void> => {
      const run = await gridseal('log', ...args, '--url', service.url, '--rpc', chain.url);
      assert.deepEqual([run.code, why.test(run.stderr)], [3, true], run.stdout + run.stderr);
    };
    const audit = (): Promise<CommandRun> => {
      const trust = join(folder.path, 'service', 'trust.json');
      return gridseal('fsck', '--url', service.url, '--rpc', chain.url, '--trust', trust);
    };
    const settings = (where: TestDatabase): Record<string, string> => ({
      DATABASE_URL: where.url,
      RPC_URL: chain.url,
      DEPLOY: 'contracts',
      FINALITY_DEPTH: '0',
      MQTT_PORT: '0',
      LOG_LEVEL: 'warn',
      ANCHOR_INTERVAL_MS: '200',
    });
    const start = async (more: Record<string, string> = {}): Promise<void> => {
      service = await startService({
        dataDir: join(folder.path, 'service'),
        env: { ...settings(database), ...more },
      });
      client = createGridsealClient({ url: service.url });
    };
    const send = async (count: number): Promise<Hex[]> => {
      const results = await submitBatches(client, { items: nextBatches(device, domain, count) });
      return results.map((result) => {
        assert.notEqual(result.status, 'refused', JSON.stringify(result));
        return (result as { digest: Hex }).digest;
      });
    };
    const json = async <T>(path: string): Promise<T> =>
      (await (await fetch(`${service.url}${path}`)).json()) as T;
    const health = () => json<Health>('/health');
    const until = async (
      what: string,
      holds: () => Promise<boolean>,
      withinMs = PATIENCE_MS,
    ): Promise<void> => {
      for (const end = Date.now() + withinMs; !(await holds());) {
        await sleep(50);
        if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
      }
    };
    const atRest = async (): Promise<void> => {
      await until('everything is anchored and archived', async () => {
        const [, published] = (await (await fetch(`${service.url}/log/checkpoint`)).text()).split('\n');
        const { anchors } = await json<{ anchors: Anchor[] }>('/v1/anchors?limit=1');
        if ((await getReceipt(client, { digest: anchored.at(-1)! })).stage !== 'final') return false;
        return anchors[0]?.status === 'archived' && anchors[0].size === published;
      });
    };

    before(async () => {
      folder = await createTestFolder();
      closing.push(folder.remove);
      chain = await startTestChain();
      closing.push(chain.stop);
      database = await createTestDatabase();
      closing.push(database.close);
      await mkdir(join(folder.path, 'service', 'keys'), { recursive: true });
      for (const key of ['owner', 'anchor', 'guardian']) {
        const secret: Hex = `0x${randomBytes(32).toString('hex')}`;
        await writeFile(keyFile(key), `${secret}\n`, { mode: 0o600 });
        await chain.cheat.setBalance({
          address: privateKeyToAccount(secret).address,
          value: parseEther('10'),
        });
      }
      await start();
      ({ device, domain } = await enrolledDevice(client));
      anchored.push(...(await send(20)));
      await atRest();
      oldTrust = await getTrust(client);
      for (const digest of anchored) {
        const { sequenced } = await getReceipt(client, { digest });
        held.push({ digest, index: sequenced?.index, bundle: await getBundle(client, { digest }) });
      }
    });
    after(async () => {
      if (service.process.exitCode === null) await service.kill();
      for (const close of closing.toReversed()) await close();
    });

    it('is noticed within a poll, and by name [E1]', async () => {
      const thief = await createThief({
        url: service.url,
        rpcUrl: chain.url,
        keyFile: keyFile('anchor'),
      });
      const transaction = await thief.anchor(size);
      await until('the health fails', async () => (await health()).status === 'failing', NOTICED_WITHIN_MS);
      const { parts } = await health();
      assert.equal(parts.anchor?.status, 'failing');
      assert.match(parts.anchor.detail ?? '', new RegExp(`stolen-key.*${transaction}`, 'u'));
      assert.equal(parts.anchor.figures?.foreignAnchor, 1);
    });

    it('lets nothing be taken, signed or anchored, and goes on serving [E1]', async () => {
      const before = await (await fetch(`${service.url}/log/checkpoint`)).text();
      await assert.rejects(send(1), (error: unknown) => {
        assert.ok(error instanceof ServiceError, String(error));
        assert.deepEqual([error.problem.status, error.problem.code], [503, 'log-halted']);
        return true;
      });
      await sleep(1_000);
      assert.equal(await (await fetch(`${service.url}/log/checkpoint`)).text(), before);
      for (const digest of anchored) assert.equal((await getReceipt(client, { digest })).stage, 'final');
      const { anchors } = await json<{ anchors: Anchor[] }>('/v1/anchors');
      assert.deepEqual(new Set(anchors.map(({ status }) => status)), new Set(['archived']));
      const { figures } = (await health()).parts.anchor!;
      assert.equal(figures?.unanchoredEntries, 0);
      assert.equal(String(figures.anchoredSize), anchors[0]?.size);
    });

    it('is found at a start as well [E1]', async () => {
      await service.stop();
      await start();
      const { status, parts } = await health();
      assert.deepEqual([status, parts.anchor?.status, parts.sequencer?.status], ['failing', 'failing', 'ok']);
      for (const digest of anchored) assert.equal((await getReceipt(client, { digest })).stage, 'final');
      await assert.rejects(send(1), ServiceError);
    });

    it('is ended by the commands of the guide, as they are written: the log goes on in a new epoch [E1]', async () => {
      const stolen = addressOf(await readFile(keyFile('anchor'), 'utf8'));
      const added = await makeKey('anchor-2');
      const commands = (await readFile(join(root, 'docs/guide/stolen-key.md'), 'utf8'))
        .split('\n')
        .flatMap((line) => /^npx gridseal log ([^#]+)/u.exec(line)?.[1]?.trim().split(/\s+/u) ?? [])
        .map((word) => word.replace('$STOLEN', stolen).replace('$NEW', added))
        .map((word) => (word.endsWith('.key') ? keyFile(word.slice(0, -4)) : word));
      const starts = commands.flatMap((word, i) => (['epoch', 'submitter'].includes(word) ? [i] : []));
      const steps = starts.map((start, i) => commands.slice(start, starts[i + 1]));
      assert.deepEqual(
        steps.map(([group, verb]) => `${group ?? ''} ${verb ?? ''}`),
        ['epoch show', 'submitter remove', 'submitter add', 'epoch propose', 'epoch approve', 'epoch start'],
      );
      const [show, remove, add, propose, approve, begin] = steps;
      const shown = await owned(...show!);
      assert.match(shown.stdout, new RegExp(`Not ours .*anchored by ${stolen}`, 'iu'));
      if (isFirst) {
        await refused(
          /does not own the log/u,
          'submitter',
          'remove',
          stolen,
          '--key-file',
          keyFile('guardian'),
        );
        await refused(/nothing is proposed/u, ...approve!);
      }
      await owned(...remove!);
      await owned(...add!);
      await owned(...propose!);
      if (isFirst) {
        await refused(/0 of 1 guardians have approved/u, ...begin!);
        await refused(/is no guardian/u, 'epoch', 'approve', '--key-file', keyFile('owner'));
      }
      await owned(...approve!);
      const ended = service.ended();
      await owned(...begin!);
      const { code, tail } = await ended;
      assert.equal(code, 75, tail.join('\n'));
      assert.match(tail.join('\n'), /epoch 1 of the log began at size \d+: start the service again/u);
    });

    it('has cost nothing: every statement is there, every bundle verifies, and new ones do [E1]', async () => {
      await start({ ANCHOR_KEY_FILE: keyFile('anchor-2') });
      await until('the health is good', async () => (await health()).status === 'ok');
      const [origin] = (await (await fetch(`${service.url}/log/checkpoint`)).text()).split('\n');
      assert.match(origin ?? '', /\/1$/u);
      const indices = new Map(held.map(({ digest, index }) => [digest, index]));
      for (const digest of anchored) {
        const { stage, sequenced } = await getReceipt(client, { digest });
        assert.deepEqual([stage, sequenced?.index], ['final', indices.get(digest)]);
      }
      anchored.push(...(await send(5)));
      await atRest();
      const trust = await getTrust(client);
      const headers: Hex[] = [];
      for (const [i, digest] of anchored.entries()) {
        const bundle = decodeBundle(await getBundle(client, { digest }));
        const answer = await askAnchorBlock({ rpcUrl: chain.url, bundle, trust });
        assert.ok(answer.status === 'canonical', answer.status === 'refused' ? answer.reason : '');
        headers.push(answer.hash);
        const verdict = verify(bundle, { ...trust, headers: [answer.hash] });
        assert.equal(verdict.holds, true, `${i}: ${JSON.stringify(verdict.layers)}`);
      }
      for (const { bundle } of held)
        for (const believed of [oldTrust, trust])
          assert.equal(verify(decodeBundle(bundle), { ...believed, headers }).holds, true);
    });

    it('is told of by an audit, which finds nothing wrong with the log [E1]', async () => {
      const { code, stdout, stderr } = await audit();
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /epoch 0 was abandoned from entry \d+ on: 1 anchor/u);
    });

    it('is restored over its epochs, and goes on [E1]', async () => {
      const checkpoint = async (): Promise<string> => (await fetch(`${service.url}/log/checkpoint`)).text();
      const before = await checkpoint();
      await service.stop();
      const second = await createEmptyTestDatabase();
      closing.push(second.close);
      const env = { ...settings(second), DATA_DIR: join(folder.path, 'service') };
      const restored = await gridsealWith(
        env,
        'restore',
        '--trust',
        join(folder.path, 'service', 'trust.json'),
      );
      assert.equal(restored.code, 0, restored.stdout + restored.stderr);
      database = second;
      await start({ ANCHOR_KEY_FILE: keyFile('anchor-2') });
      await atRest();
      assert.equal(await checkpoint(), before);
      for (const { digest, bundle } of held) assert.deepEqual(await getBundle(client, { digest }), bundle);
      anchored.push(...(await send(3)));
      await atRest();
      assert.equal((await health()).status, 'ok');
      assert.equal((await audit()).code, 0);
    });
  });
