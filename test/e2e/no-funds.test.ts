import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { privateKeyToAccount } from 'viem/accounts';
import { developmentKeys } from '../../backend/adapters/keys/key-files.ts';
import { startTestChain, type TestChain } from '../setup/anvil.ts';
import { createEmptyTestDatabase, createTestFolder, type TestDatabase } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

type Part = { readonly status: string; readonly detail?: string };

describe('an anchor account without funds', () => {
  const anchor = privateKeyToAccount(developmentKeys().anchor).address;
  let chain: TestChain;
  let postgres: TestDatabase;
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  let service: RunningService;

  before(async () => {
    [chain, postgres, folder] = await Promise.all([
      startTestChain(),
      createEmptyTestDatabase(),
      createTestFolder(),
    ]);
    const owner = privateKeyToAccount(developmentKeys().owner).address;
    await chain.cheat.setBalance({ address: owner, value: 10n ** 20n });
    service = await startService({
      dataDir: folder.path,
      env: {
        DATABASE_URL: postgres.url,
        RPC_URL: chain.url,
        DEPLOY: 'contracts',
        MQTT_PORT: '0',
        KEYS: 'development',
        LOG_LEVEL: 'warn',
        ANCHOR_INTERVAL_MS: '1000',
        // What is tested is said long before anything is late.
        RECEIPT_DEADLINE_MS: '3600000',
      },
    });
  });
  after(async () => {
    await service.stop();
    await Promise.all([chain.stop(), postgres.close()]);
    await folder.remove();
  });

  const partWhere = async (found: (part: Part) => boolean): Promise<Part> => {
    let parts: Record<string, Part> = {};
    for (const until = Date.now() + 60_000; Date.now() < until;) {
      await delay(200);
      parts = ((await (await fetch(`${service.url}/health`)).json()) as { parts: Record<string, Part> })
        .parts;
      const part = Object.values(parts).find(found);
      if (part !== undefined) return part;
    }
    throw new Error(`no part says so:\n${JSON.stringify(parts, null, 2)}`);
  };

  it('is said with its balance and its need, in /health and /metrics, until it is paid in [D3]', async () => {
    const { status, detail = '' } = await partWhere((part) => (part.detail ?? '').includes('holds 0 wei'));
    assert.equal(status, 'degraded');
    assert.match(
      detail,
      new RegExp(
        `account ${anchor.toLowerCase()} holds 0 wei and its next transaction may cost [1-9]\\d* wei`,
        'u',
      ),
    );
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    assert.match(metrics, /^gridseal_anchor_account_balance_wei 0$/mu);
    assert.match(metrics, /^gridseal_anchor_account_need_wei [1-9]/mu);

    await chain.cheat.setBalance({ address: anchor, value: 10n ** 20n });
    await partWhere(
      ({ status: after, ...part }) =>
        after === 'ok' && 'figures' in part && 'needWei' in (part.figures as object),
    );
  });
});
