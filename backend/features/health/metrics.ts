import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { RequestObserver } from '../../http/server.ts';
import type { Health } from './health.ts';

/** Counters and histograms for features; health figures come from probes. Names start with `gridseal_`. */
export type Metrics = {
  readonly counter: <Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
  ) => Counter<Label>;
  readonly histogram: <Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
    buckets: readonly number[],
  ) => Histogram<Label>;
  readonly observeRequest: RequestObserver;
  /** The exposition, with the figures of every health probe as gauges. */
  readonly expose: (health: Health) => Promise<string>;
  readonly mediaType: string;
};

const LATENCIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];
const STATUS_VALUE = { ok: 1, degraded: 0.5, failing: 0 } as const;

const snakeCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll(/[^a-z0-9_]/g, '_');

/** The service's metrics registry, with Node's own metrics in it. */
export const createMetrics = (): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: 'gridseal_http_request_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: LATENCIES,
    registers,
  });
  const up = new Gauge({
    name: 'gridseal_part_up',
    help: '1 ok, 0.5 degraded, 0 failing',
    labelNames: ['part'],
    registers,
  });
  const gauges = new Map<string, Gauge>();

  const setFigure = (part: string, figure: string, value: number): void => {
    const name = `gridseal_${snakeCase(part)}_${snakeCase(figure)}`;
    const gauge = gauges.get(name) ?? new Gauge({ name, help: `${figure} of ${part}`, registers });
    gauges.set(name, gauge);
    gauge.set(value);
  };

  return {
    counter: (name, help, labels) => new Counter({ name, help, labelNames: [...labels], registers }),
    histogram: (name, help, labels, buckets) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers }),
    observeRequest: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status }, seconds),
    expose: async (health) => {
      const { parts } = await health.report();
      for (const [part, { status, figures }] of Object.entries(parts)) {
        up.set({ part }, STATUS_VALUE[status]);
        for (const [figure, value] of Object.entries(figures ?? {})) setFigure(part, figure, value);
      }
      return registry.metrics();
    },
    mediaType: registry.contentType,
  };
};
