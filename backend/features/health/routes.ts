import { z } from 'zod';
import { type Route, defineRoute } from '../../http/route.ts';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';

const status = z.enum(['ok', 'degraded', 'failing']);

const report = z.object({
  status,
  version: z.string(),
  uptimeSeconds: z.int(),
  parts: z.record(
    z.string(),
    z.object({ status, detail: z.string().optional(), figures: z.record(z.string(), z.number()).optional() }),
  ),
});

/** `/health` and `/metrics`. */
export const healthRoutes = (dependencies: {
  readonly health: Health;
  readonly metrics: Metrics;
}): readonly Route[] => {
  const { health, metrics } = dependencies;
  return [
    defineRoute({
      method: 'get',
      path: '/health',
      operationId: 'getHealth',
      tag: 'service',
      summary: 'How every part of the service fares',
      description: 'Answers 503 when a part is failing, so that a load balancer can use it.',
      permission: 'anyone',
      rate: 'unlimited',
      origins: 'any',
      request: {},
      responses: {
        200: { description: 'The service works', content: { 'application/json': report } },
        503: { description: 'A part is failing', content: { 'application/json': report } },
      },
      handler: async () => {
        const found = await health.report();
        const headers = { 'Cache-Control': 'no-store' };
        return { status: found.status === 'failing' ? 503 : 200, headers, json: found };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      tag: 'service',
      summary: 'Prometheus metrics',
      permission: 'anyone',
      rate: 'unlimited',
      origins: 'same',
      request: {},
      responses: { 200: { description: 'Prometheus exposition format', content: { 'text/plain': 'text' } } },
      handler: async () => ({
        status: 200,
        mediaType: metrics.mediaType,
        content: await metrics.expose(health),
      }),
    }),
  ];
};
