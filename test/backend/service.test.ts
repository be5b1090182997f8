import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { HealthReport } from '../../backend/features/health/types.ts';
import { root } from '../../scripts/paths.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { type RunningService, startService } from '../setup/service.ts';

const QUIET = { RPC_PORT: '0', MQTT_PORT: '0', LOG_LEVEL: 'warn', ANCHOR_INTERVAL_MS: '500' };

const folderOf = async (t: TestContext): Promise<string> => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  return folder.path;
};

const textOf = async (service: RunningService, path: string): Promise<string> => {
  const response = await fetch(`${service.url}${path}`);
  assert.equal(response.status, 200, path);
  return response.text();
};

const untilAnchored = async (service: RunningService): Promise<bigint> => {
  for (;;) {
    const { parts } = JSON.parse(await textOf(service, '/health')) as HealthReport;
    const size = parts.anchor?.figures?.anchoredSize ?? 0;
    if (size > 0) return BigInt(size);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

test('the service continues the same log after kill -9 and after a clean stop', async (t) => {
  const dataDir = await folderOf(t);
  const first = await startService({ dataDir, env: QUIET });
  const size = await untilAnchored(first);
  const checkpoint = await textOf(first, '/log/checkpoint');
  const trust = await textOf(first, '/v1/trust');
  assert.equal(checkpoint.split('\n')[1], String(size));
  await first.kill();

  for (const _start of ['after kill -9', 'after a clean stop']) {
    const again = await startService({ dataDir, env: QUIET });
    assert.equal(await textOf(again, '/log/checkpoint'), checkpoint);
    assert.equal(await textOf(again, '/v1/trust'), trust);
    assert.equal(await untilAnchored(again), size);
    await again.stop();
  }
  assert.equal(await readFile(join(dataDir, 'trust.json'), 'utf8'), trust);
});

test('a running service serves the documented API, says where it is, and keeps its folder to itself', async (t) => {
  const folder = await createTestFolder();
  const dataDir = folder.path;
  const service = await startService({ dataDir, env: QUIET });
  t.after(async () => {
    await service.stop();
    await folder.remove();
  });
  const documented: unknown = JSON.parse(await readFile(join(root, 'docs/openapi.json'), 'utf8'));
  assert.deepEqual(JSON.parse(await textOf(service, '/openapi.json')), documented);
  const places = JSON.parse(await readFile(join(dataDir, 'service.json'), 'utf8')) as { url: string };
  assert.equal(places.url, service.url);
  assert.equal((await stat(join(dataDir, 'keys', 'operator.key'))).mode & 0o777, 0o600);
  await assert.rejects(startService({ dataDir, env: QUIET }), /another Gridseal is running/);
  assert.equal((await fetch(`${service.url}/health`)).status, 200);
});

test('a wrong configuration ends the start with every problem named', async (t) => {
  const dataDir = await folderOf(t);
  await assert.rejects(
    startService({ dataDir, env: { GAP_WINDOW_MS: 'soon', LOG_HOST: 'http://x' } }),
    /ended with 78[^]*LOG_HOST[^]*GAP_WINDOW_MS/,
  );
});
