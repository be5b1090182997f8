import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { toHex, type Domain, type Hex } from '@gridseal/protocol';
import { createGridsealClient, getReceipt, submitBatches, type GridsealClient } from '@gridseal/sdk';
import { z } from 'zod';
import type { TestDevice } from '../setup/devices.ts';
import { gridseal } from '../setup/gridseal.ts';
import { createTestDatabase, createTestFolder } from '../setup/postgres.ts';
import { enrolledDevice, nextBatches } from '../setup/served-log.ts';
import { startService, type RunningService } from '../setup/service.ts';

const healthSchema = z.object({
  parts: z.object({
    chain: z.object({
      status: z.string(),
      detail: z.string().optional(),
      figures: z.object({ identitiesTakenBack: z.number() }),
    }),
  }),
});
/** An enrolment is signed for ten minutes. */
const ENROLMENT_MS = 600_000;

describe('a service whose embedded chain has forgotten what it knew', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let folder: string;
  let databaseUrl: string;
  let service: RunningService;
  let client: GridsealClient;
  let device: TestDevice;
  let domain: Domain;

  const chain = () => join(folder, 'service', 'chain');
  const copy = () => join(folder, 'copy');
  const start = async (): Promise<void> => {
    service = await startService({
      dataDir: join(folder, 'service'),
      env: {
        DATABASE_URL: databaseUrl,
        RPC_PORT: '0',
        MQTT_PORT: '0',
        LOG_LEVEL: 'error',
        ANCHOR_INTERVAL_MS: '200',
      },
    });
    client = createGridsealClient({ url: service.url });
  };
  /** Sends a batch until it is taken. @returns its digest, and the codes of the refusals until then */
  const send = async (): Promise<{ readonly digest: Hex; readonly refused: readonly string[] }> => {
    const items = nextBatches(device, domain, 1);
    const refused: string[] = [];
    for (;;) {
      const [result] = await submitBatches(client, { items });
      assert.ok(result);
      if (result.status !== 'refused') return { digest: result.digest, refused };
      assert.ok(result.retryable, `${result.code}: ${result.message}`);
      refused.push(result.code);
      await sleep(20);
    }
  };
  const chainHealth = async () =>
    healthSchema.parse(await (await fetch(`${service.url}/health`)).json()).parts.chain;
  const untilAnchored = async (digest: Hex): Promise<void> => {
    while ((await getReceipt(client, { digest })).anchored === null) await sleep(50);
  };

  beforeEach(async () => {
    const made = await createTestFolder();
    closing.push(made.remove);
    folder = made.path;
    const database = await createTestDatabase();
    closing.push(database.close);
    databaseUrl = database.url;
    await start();
    closing.push(() => service.stop());
    await cp(chain(), copy(), { recursive: true });
    ({ device, domain } = await enrolledDevice(client));
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  it('keeps a device waiting whose enrolment is too old to be sent again', async () => {
    const expires = Date.now() + 5_000;
    const expired = await enrolledDevice(client, () => expires - ENROLMENT_MS);
    await service.stop();
    await rm(chain(), { recursive: true });
    // Blocks count seconds.
    await sleep(Math.max(0, expires + 1_000 - Date.now()));
    await start();

    await send();
    const items = nextBatches(expired.device, expired.domain, 1);
    const [waiting] = await submitBatches(client, { items });
    assert.ok(waiting?.status === 'refused' && waiting.retryable, waiting?.status);
    const { status, detail = '', figures } = await chainHealth();
    assert.deepEqual([status, figures.identitiesTakenBack], ['degraded', 1]);
    assert.ok(detail.includes(toHex(expired.device.key.identity)), detail);

    assert.equal(await expired.enrolAgain(client), 'enrolled');
    const [taken] = await submitBatches(client, { items });
    assert.equal(taken?.status, 'accepted');
    assert.equal((await chainHealth()).status, 'ok');
  });

  const losses = {
    'its state is lost': () => Promise.resolve(),
    'its state is put back to that of before the enrolment': () => cp(copy(), chain(), { recursive: true }),
  };
  for (const [name, put] of Object.entries(losses))
    it(`knows its devices again, and anchors again: ${name}`, async () => {
      const digests = [(await send()).digest, (await send()).digest];
      for (const digest of digests) await untilAnchored(digest);
      await service.stop();
      await rm(chain(), { recursive: true });
      await put();
      await start();

      const { digest, refused } = await send();
      assert.ok(
        refused.every((code) => code === 'key-pending'),
        refused.join(' '),
      );
      for (const each of [...digests, digest]) await untilAnchored(each);
      assert.deepEqual(await chainHealth(), { status: 'ok', figures: { identitiesTakenBack: 0 } });
      const audit = await gridseal('fsck', '--url', service.url, '--rpc', service.rpcUrl);
      // Nobody but the service vouches for its key.
      assert.equal(audit.code, 5, `${audit.stdout}\n${audit.stderr}`);
    });
});
