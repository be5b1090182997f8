import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGridsealClient, getReceipt, submitBatches, type GridsealClient } from '@gridseal/sdk';
import { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import { anchorPromiseAddress } from '@gridseal/sdk/abi/deployment';
import type { Domain } from '@gridseal/protocol';
import { parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { z } from 'zod';
import { developmentKeys } from '../../backend/adapters/keys/key-files.ts';
import { startTestChain } from '../setup/anvil.ts';
import type { TestDevice } from '../setup/devices.ts';
import { gridseal, type CommandRun } from '../setup/gridseal.ts';
import { createTestDatabase, createTestFolder } from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { startService, type RunningService } from '../setup/service.ts';

const PROMISED_S = 60;
const WINDOW_S = 3 * 86_400;
const healthSchema = z.object({
  parts: z.object({ promise: z.object({ status: z.string(), detail: z.string().optional() }) }),
});
const HOLDER = `0x${'5a'.repeat(32)}` as const;

describe('the promise of a receipt, held to on chain', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let chain: Awaited<ReturnType<typeof startTestChain>>;
  let service: RunningService;
  let client: GridsealClient;
  let device: TestDevice;
  let domain: Domain;
  let folder: Awaited<ReturnType<typeof createTestFolder>>;

  before(async () => {
    chain = await startTestChain();
    closing.push(chain.stop);
    const { owner, anchor } = developmentKeys();
    for (const key of [owner, anchor, HOLDER])
      await chain.cheat.setBalance({ address: privateKeyToAccount(key).address, value: parseEther('10') });
    const database = await createTestDatabase();
    closing.push(database.close);
    folder = await createTestFolder();
    closing.push(folder.remove);
    service = await startService({
      dataDir: join(folder.path, 'service'),
      env: {
        DATABASE_URL: database.url,
        RPC_URL: chain.url,
        DEPLOY: 'contracts',
        KEYS: 'development',
        FINALITY_DEPTH: '0',
        MQTT_PORT: '0',
        LOG_LEVEL: 'warn',
        ANCHOR_INTERVAL_MS: '200',
        RECEIPT_DEADLINE_MS: String(1_000 * PROMISED_S),
      },
    });
    closing.push(service.stop);
    client = createGridsealClient({ url: service.url });
    ({ device, domain } = await enrolledDevice(client));
    await writeFile(join(folder.path, 'holder.key'), HOLDER);
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  /** Sends a batch and keeps its receipt in a file. @returns the digest */
  const acknowledged = async (file: string): Promise<`0x${string}`> => {
    const [batch] = nextBatches(device, domain, 1);
    assert.ok(batch);
    const [result] = await submitBatches(client, { items: [batch] });
    assert.ok(result?.status === 'accepted');
    const { digest } = result;
    await writeFile(
      join(folder.path, file),
      await (await client.request({ path: `/v1/receipts/${digest}` })).text(),
    );
    return digest;
  };
  const untilAnchored = async (digest: `0x${string}`): Promise<void> => {
    while ((await getReceipt(client, { digest })).anchored === null) await sleep(100);
  };
  const recorded = () =>
    chain.client.getContractEvents({
      address: anchorPromiseAddress,
      abi: anchorPromiseAbi,
      eventName: 'AnchorRecorded',
      fromBlock: 0n,
    });
  const promise = (command: string, file: string): Promise<CommandRun> =>
    gridseal(
      'promise',
      ...['--rpc', chain.url, '--url', service.url, '--key-file', join(folder.path, 'holder.key')],
      ...['--json', command, join(folder.path, file)],
    );
  const standing = async (run: Promise<CommandRun>, code = 0): Promise<string> => {
    const done = await run;
    assert.equal(done.code, code, `${done.stdout}\n${done.stderr}`);
    return (JSON.parse(done.stdout) as { status: string }).status;
  };
  /** What the service says of open challenges, once it is as expected. */
  const untilHealth = async (status: string): Promise<string> => {
    for (;;) {
      const { parts } = healthSchema.parse(await (await fetch(`${service.url}/health`)).json());
      if (parts.promise.status === status) return parts.promise.detail ?? '';
      await sleep(100);
    }
  };
  const balance = (ether: string): Promise<void> =>
    chain.cheat.setBalance({
      address: privateKeyToAccount(developmentKeys().anchor).address,
      value: parseEther(ether),
    });
  const later = async (seconds: number): Promise<void> => {
    await chain.cheat.increaseTime({ seconds });
    await chain.cheat.mine({ blocks: 1 });
  };

  it('waits until the time has passed', async () => {
    const digest = await acknowledged('kept.json');
    await untilAnchored(digest);
    await untilAnchored(await acknowledged('watched.json'));
    assert.equal(await standing(promise('show', 'kept.json')), 'pending');
    const early = await promise('challenge', 'kept.json');
    assert.equal(early.code, 3);
    assert.match(early.stderr, /AnchorPromiseNotDue\(\d+\)/u);
  });

  it('is kept by an anchor in time, which the service has on record for good', async () => {
    while ((await recorded()).length === 0) await sleep(100);
    await chain.cheat.setAutomine(false);
    await acknowledged('broken.json');
    await later(2 * PROMISED_S);
    await chain.cheat.setAutomine(true);

    // Anyone may answer; the service cannot while its account is empty.
    await balance('0');
    assert.equal(await standing(promise('show', 'kept.json')), 'due');
    assert.equal(await standing(promise('challenge', 'kept.json')), 'challenged');
    assert.match(await untilHealth('degraded'), /is challenged and must be answered for by 20/u);
    assert.equal(await standing(promise('answer', 'kept.json')), 'kept');
    await untilHealth('ok');
    await balance('10');
    const again = await promise('challenge', 'kept.json');
    assert.equal(again.code, 3);
    assert.match(again.stderr, /AnchorPromiseAlreadyChallenged/u);
    assert.match((await promise('conclude', 'kept.json')).stderr, /AnchorPromiseSettled/u);
  });

  it('is answered for by the service itself', async () => {
    const challenged = await promise('challenge', 'watched.json');
    assert.equal(challenged.code, 0, challenged.stderr);
    while ((await standing(promise('show', 'watched.json'))) !== 'kept') await sleep(100);
    await untilHealth('ok');
  });

  it('is broken when the anchor came late, and that is on record once nobody could answer', async () => {
    assert.equal(await standing(promise('challenge', 'broken.json')), 'challenged');
    const unanswered = await promise('answer', 'broken.json');
    assert.equal(unanswered.code, 1);
    assert.match(unanswered.stderr, /no anchor that was made in time/u);
    assert.match((await promise('conclude', 'broken.json')).stderr, /AnchorPromiseWindowOpen/u);
    await untilHealth('degraded');
    await later(WINDOW_S - 3_600);
    await untilHealth('failing');
    await later(3_601);
    await untilHealth('ok');
    assert.equal(await standing(promise('show', 'broken.json')), 'unanswered');
    assert.equal(await standing(promise('conclude', 'broken.json'), 1), 'broken');
  });

  it('needs the signature of the log’s operator', async () => {
    const staged = JSON.parse(await readFile(join(folder.path, 'broken.json'), 'utf8')) as {
      accepted: { deadline: string };
    };
    staged.accepted.deadline = String(BigInt(staged.accepted.deadline) - 1n);
    await writeFile(join(folder.path, 'forged.json'), JSON.stringify(staged));
    const forged = await promise('challenge', 'forged.json');
    assert.equal(forged.code, 4);
    assert.match(forged.stderr, /was not signed by the operator/u);
    await writeFile(join(folder.path, 'none.json'), '{}');
    const none = await promise('show', 'none.json');
    assert.equal(none.code, 4);
    assert.match(none.stderr, /not a receipt/u);
  });
});
