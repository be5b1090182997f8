import type { ProblemMapper } from '../../backend/http/problem.ts';
import type { Route } from '../../backend/http/route.ts';
import { startHttpServer } from '../../backend/http/server.ts';
import { testLogger } from './postgres.ts';

/** Serves routes on a free port of the loopback address until `close`. */
export const serveRoutes = async (
  routes: readonly Route[],
  mappers: readonly ProblemMapper[] = [],
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> => {
  const server = await startHttpServer({
    config: {
      host: '127.0.0.1',
      port: 0,
      maxBodyBytes: 16_777_216,
      requestTimeoutMs: 30_000,
      shutdownTimeoutMs: 1_000,
      keepAliveTimeoutMs: 75_000,
      trustedProxies: 0,
      rateLimits: { readPerMinute: undefined, writePerMinute: undefined },
    },
    logger: testLogger,
    routes,
    operatorToken: 'test',
    mappers,
    observe: () => undefined,
  });
  return { url: server.url, close: server.close };
};
