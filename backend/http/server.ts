import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { IncomingMessage, type Server, ServerResponse, createServer } from 'node:http';
import { Socket } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Config } from '../config.ts';
import { Problem, type ProblemMapper, toDocument, toProblem } from './problem.ts';
import type { Route } from './route.ts';
import { createRouter } from './router.ts';

/** Told about every answered request, for metrics. Durations are in seconds. */
export type RequestObserver = (observation: {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}) => void;

/** What the HTTP server is made of. */
export type HttpServerOptions = {
  readonly config: Config['http'];
  readonly logger: Logger;
  readonly routes: readonly Route[];
  readonly operatorToken: string;
  readonly mappers: readonly ProblemMapper[];
  readonly observe: RequestObserver;
};

/** A server that listens. `close` lets running requests finish within the configured time. */
export type HttpServer = { readonly url: string; readonly port: number; readonly close: () => Promise<void> };

/** Thrown when the address cannot be listened on. */
export class ListenError extends Error {
  readonly code: 'port-busy' | 'address-unusable';
  readonly address: string;
  constructor(address: string, cause: unknown) {
    const busy = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    super(busy ? `${address} is in use: choose another PORT` : `cannot listen on ${address}`, { cause });
    this.name = 'ListenError';
    this.code = busy ? 'port-busy' : 'address-unusable';
    this.address = address;
  }
}

/** The longest that a client may take for its headers. */
const HEADERS_TIMEOUT_MS = 15_000;
const CHECK_CONNECTIONS_MS = 1_000;

const REQUEST_ID = /^[\w-]{1,64}$/;

const identify =
  (logger: Logger, observe: RequestObserver): RequestHandler =>
  (req, res, next) => {
    const given = req.headers['x-request-id'];
    const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    const began = process.hrtime.bigint();
    res.locals.requestId = requestId;
    let own: Logger | undefined;
    Object.defineProperty(res.locals, 'logger', { get: () => (own ??= logger.child({ requestId })) });
    res.setHeader('X-Request-Id', requestId);
    res.once('close', () => {
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      const { path: route } = (req.route ?? {}) as { readonly path?: unknown };
      observe({
        method: req.method,
        route: typeof route === 'string' ? route : 'none',
        status: res.statusCode,
        seconds,
      });
      logger.debug(
        { requestId, method: req.method, path: req.path, status: res.statusCode, seconds },
        'request',
      );
    });
    next();
  };

const answerProblems =
  (logger: Logger, mappers: readonly ProblemMapper[]): ErrorRequestHandler =>
  (error, req, res, _next) => {
    const problem = toProblem(error, mappers);
    const requestId = String(res.locals.requestId);
    if (problem.code === 'internal')
      logger.error({ err: error, requestId, path: req.path }, 'a request failed');
    if (res.headersSent) {
      res.destroy();
      return;
    }
    res.setHeader('Cache-Control', 'no-store');
    for (const [name, value] of Object.entries(problem.details.headers ?? {})) res.setHeader(name, value);
    if (problem.details.retryAfterSeconds !== undefined)
      res.setHeader('Retry-After', String(problem.details.retryAfterSeconds));
    if (!req.complete) res.setHeader('Connection', 'close');
    res
      .status(problem.status)
      .type('application/problem+json')
      .end(JSON.stringify(toDocument(problem, requestId)));
  };

/** Helmet's headers are the same for every answer, so they are asked for once. */
const securityHeaders = (): RequestHandler => {
  const request = new IncomingMessage(new Socket());
  const sample = new ServerResponse(request);
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    strictTransportSecurity: false,
  });
  protect(request, sample, (error?: unknown) => {
    if (error !== undefined) throw new Error('the security headers cannot be made', { cause: error });
  });
  const headers = Object.entries({
    ...(sample.getHeaders() as Readonly<Record<string, string>>),
    // Nobody keeps an answer unless its route says so: what is not there yet may be in a moment.
    'cache-control': 'no-store',
  });
  return (_req, res, next) => {
    for (const [name, value] of headers) res.setHeader(name, value);
    next();
  };
};

/** The Express application: identification, security headers, routes, and one place for errors. */
export const createApplication = (options: HttpServerOptions): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', options.config.trustedProxies);
  app.set('query parser', 'simple');
  app.use(identify(options.logger, options.observe));
  app.use(securityHeaders());
  app.use(
    createRouter(options.routes, {
      maxBodyBytes: options.config.maxBodyBytes,
      requestTimeoutMs: options.config.requestTimeoutMs,
      rateLimits: options.config.rateLimits,
      operatorToken: options.operatorToken,
    }),
  );
  app.use(() => {
    throw new Problem('not-found');
  });
  app.use(answerProblems(options.logger, options.mappers));
  return app;
};

const closeGracefully = async (server: Server, timeoutMs: number): Promise<void> => {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
};

/**
 * Starts to listen.
 *
 * @throws ListenError when the port is busy or the address cannot be used
 */
export const startHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const { host, port, requestTimeoutMs, shutdownTimeoutMs, keepAliveTimeoutMs } = options.config;
  const timeouts = {
    headersTimeout: Math.min(requestTimeoutMs, HEADERS_TIMEOUT_MS),
    requestTimeout: requestTimeoutMs,
    // Above what balancers keep, or one sends a request into a connection that is being closed.
    keepAliveTimeout: keepAliveTimeoutMs,
    // Node looks every 30 s otherwise, and a slow client holds its connection that much longer.
    connectionsCheckingInterval: Math.min(requestTimeoutMs, CHECK_CONNECTIONS_MS),
  };
  const server = createServer(timeouts, createApplication(options));
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new ListenError(`${host}:${port}`, error);
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has no port');
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${address.port}`,
    port: address.port,
    close: () => closeGracefully(server, shutdownTimeoutMs),
  };
};
