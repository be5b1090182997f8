import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeBundle, verify } from '@gridseal/protocol';
import {
  askAnchorBlock,
  createGridsealClient,
  getBundle,
  getReceipt,
  getTrust,
  untilArchived,
} from '@gridseal/sdk';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { openDemoStation } from '../../scripts/demo/station.ts';
import { demoTelemetry } from '../../scripts/demo/telemetry.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { startService } from '../setup/service.ts';
import { startGeth } from './programs/geth.ts';
import { goPeer } from './programs/go.ts';
import { pathOf, skipWithout } from './programs/peer.ts';

const BATCHES = 3;
const geth = await goPeer('geth');

/** Keys that exist before the service does, so that the chain can give them ether. */
const makeKey = async (file: string) => {
  const key = generatePrivateKey();
  await writeFile(file, key, { mode: 0o600 });
  return privateKeyToAddress(key);
};

test(
  'Geth takes the place of the embedded chain: it deploys, anchors, and its headers, receipts and state prove a bundle',
  skipWithout(geth),
  async (t) => {
    const folder = await createTestFolder();
    t.after(folder.remove);
    const chain = await startGeth(pathOf(geth));
    t.after(chain.stop);
    const keys = join(folder.path, 'keys');
    await mkdir(keys);
    const files = { OWNER_KEY_FILE: join(keys, 'owner.key'), ANCHOR_KEY_FILE: join(keys, 'anchor.key') };
    await chain.fund([await makeKey(files.OWNER_KEY_FILE), await makeKey(files.ANCHOR_KEY_FILE)]);

    const service = await startService({
      dataDir: join(folder.path, 'service'),
      env: {
        ...files,
        RPC_URL: chain.rpcUrl,
        DEPLOY: 'contracts',
        GUARDIANS: `0x${'99'.repeat(20)}`,
        MQTT_PORT: '0',
        ANCHOR_INTERVAL_MS: '500',
        LOG_LEVEL: 'warn',
      },
    });
    t.after(service.stop);
    const client = createGridsealClient({ url: service.url });
    const telemetry = await demoTelemetry(undefined, 24);
    const station = await openDemoStation(client, join(folder.path, 'edge'), telemetry.profile);
    for (const batch of telemetry.batches.slice(0, BATCHES)) {
      const digest = await station.report(batch);
      const [delivery] = await station.flush();
      assert.equal(delivery?.status, 'accepted');
      while ((await getReceipt(client, { digest })).stage !== 'final') {
        await new Promise((wake) => setTimeout(wake, 200));
      }
      const bundle = decodeBundle(await untilArchived(() => getBundle(client, { digest })));
      const trust = await getTrust(client);
      const answer = await askAnchorBlock({ rpcUrl: chain.rpcUrl, bundle, trust });
      assert.equal(answer.status, 'canonical');
      const verdict = verify(bundle, { ...trust, headers: [answer.hash] });
      assert.equal(verdict.holds, true, JSON.stringify(verdict.layers));
    }
  },
);
