import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHealth } from '../../../backend/features/health/health.ts';
import { createMetrics } from '../../../backend/features/health/metrics.ts';
import { healthRoutes } from '../../../backend/features/health/routes.ts';
import type { HealthProbe, HealthReport } from '../../../backend/features/health/types.ts';
import { serveRoutes } from '../../setup/http.ts';

const healthOf = (...probes: HealthProbe[]) => createHealth({ version: '9.9.9', probes });
const ok: HealthProbe = {
  part: 'anchor',
  check: () => ({ status: 'ok', figures: { oldestUnanchoredMs: 1_500 } }),
};
const late: HealthProbe = { part: 'sequencer', check: () => ({ status: 'degraded', detail: 'behind' }) };
const broken: HealthProbe = {
  part: 'data-base',
  check: async () => {
    throw new Error('connection refused');
  },
};

test('the whole is as well as its worst part', async () => {
  assert.equal((await healthOf(ok).report()).status, 'ok');
  assert.equal((await healthOf(ok, late).report()).status, 'degraded');
  const report = await healthOf(ok, late, broken).report();
  assert.equal(report.status, 'failing');
  assert.deepEqual(report.parts['data-base'], { status: 'failing', detail: 'connection refused' });
  assert.deepEqual(report.parts.anchor?.figures, { oldestUnanchoredMs: 1_500 });
});

test('a part that never answers does not hold the report up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const reporting = healthOf({ part: 'chain', check: () => new Promise(() => undefined) }).report();
  await Promise.resolve();
  t.mock.timers.tick(2_000);
  assert.equal((await reporting).parts.chain?.status, 'failing');
});

test('a failing part turns the answer into 503, a degraded one does not', async (t) => {
  for (const [probe, status] of [
    [late, 200],
    [broken, 503],
  ] as const) {
    const { url, close } = await serveRoutes(
      healthRoutes({ health: healthOf(probe), metrics: createMetrics() }),
    );
    t.after(close);
    const response = await fetch(`${url}/health`);
    assert.equal(response.status, status);
    assert.equal(((await response.json()) as HealthReport).version, '9.9.9');
  }
});

test('figures of probes and counters of features are exposed for Prometheus', async (t) => {
  const metrics = createMetrics();
  const refused = metrics.counter('gridseal_refused_total', 'Refused batches', ['code']);
  refused.inc({ code: 'clock-skew' }, 3);
  metrics.observeRequest({ method: 'GET', route: '/health', status: 200, seconds: 0.004 });
  const { url, close } = await serveRoutes(healthRoutes({ health: healthOf(ok, broken), metrics }));
  t.after(close);
  const response = await fetch(`${url}/metrics`);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n');
  for (const line of [
    'gridseal_refused_total{code="clock-skew"} 3',
    'gridseal_anchor_oldest_unanchored_ms 1500',
    'gridseal_part_up{part="anchor"} 1',
    'gridseal_part_up{part="data-base"} 0',
    'gridseal_http_request_seconds_count{method="GET",route="/health",status="200"} 1',
  ])
    assert.ok(lines.includes(line), line);
});
