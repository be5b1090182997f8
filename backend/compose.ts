import { join } from 'node:path';
import packageManifest from '../package.json' with { type: 'json' };
import { createDurableFiles } from './adapters/durable-file/durable-files.ts';
import { openServiceKeys } from './adapters/keys/key-files.ts';
import type { Logger } from './adapters/logger/logger.ts';
import { toDatabaseProblem } from './adapters/postgres/problem.ts';
import { migrate } from './adapters/postgres/migrations.ts';
import { openConfiguredDatabase } from './adapters/postgres/open.ts';
import { probeDatabase } from './adapters/postgres/probe.ts';
import type { Config } from './config.ts';
import { docsRoutes } from './features/docs/routes.ts';
import { createHealth } from './features/health/health.ts';
import { createMetrics } from './features/health/metrics.ts';
import { healthRoutes } from './features/health/routes.ts';
import { startHttpServer } from './http/server.ts';
import { createLifetime } from './lifetime.ts';

/** A running service: where it answers, and how to stop it. */
export type Service = {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
};

/**
 * Makes the service out of its parts: adapters, then features, then routes, then the server. This
 * is the only place that constructs any of them.
 *
 * @throws what a part throws that cannot start; parts that had started are stopped first
 */
export const compose = async (config: Config, logger: Logger): Promise<Service> => {
  const lifetime = createLifetime(logger);
  try {
    const files = createDurableFiles();
    const keys = await openServiceKeys(config.keys, files, join(config.dataDir, 'keys', 'api.token'));

    const database = await openConfiguredDatabase({
      config,
      files,
      lifetime,
      logger: logger.child({ part: 'database' }),
    });
    await migrate(database);

    const metrics = createMetrics();
    const health = createHealth({
      version: packageManifest.version,
      probes: [{ part: 'database', check: () => probeDatabase(database) }],
    });

    const routes = [...healthRoutes({ health, metrics })];
    const docs = docsRoutes({
      version: packageManifest.version,
      routes,
      facts: () => [{ name: 'Data folder', value: config.dataDir }],
      signposts: [
        { path: '/docs', note: 'the API, to browse' },
        { path: '/health', note: 'how every part fares' },
        { path: '/metrics', note: 'figures for Prometheus' },
      ],
    });

    const server = await startHttpServer({
      config: config.http,
      logger: logger.child({ part: 'http' }),
      routes: [...routes, ...docs],
      operatorToken: keys.apiToken,
      mappers: [toDatabaseProblem],
      observe: metrics.observeRequest,
    });
    lifetime.own('http server', server.close);
    return { url: server.url, port: server.port, stop: lifetime.end };
  } catch (error) {
    await lifetime.end();
    throw error;
  }
};
