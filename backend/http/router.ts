import { timingSafeEqual } from 'node:crypto';
import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Logger } from '../adapters/logger/logger.ts';
import type { RateLimits } from '../config.ts';
import { Problem } from './problem.ts';
import { sendReply } from './reply.ts';
import type { Permission, RateClass, Route } from './route.ts';
import { checkMediaType, validateRequest } from './validation.ts';

/** What routes are served with. */
export type RouterOptions = {
  readonly maxBodyBytes: number;
  readonly requestTimeoutMs: number;
  readonly rateLimits: RateLimits;
  /** The bearer token that opens `operator` routes. */
  readonly operatorToken: string;
};

const MINUTE_MS = 60_000;

const limiter = (perMinute: number | undefined): RequestHandler | undefined =>
  perMinute === undefined
    ? undefined
    : rateLimit({
        windowMs: MINUTE_MS,
        limit: perMinute,
        standardHeaders: 'draft-8',
        legacyHeaders: false,
        handler: (req, _res, next) => {
          const resets = (req as Request & { rateLimit?: { resetTime?: Date } }).rateLimit?.resetTime;
          const waitMs = resets === undefined ? MINUTE_MS : resets.getTime() - Date.now();
          next(new Problem('rate-limited', { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) }));
        },
      });

const sameToken = (given: string, expected: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
};

const authorize =
  (permission: Permission, operatorToken: string): RequestHandler =>
  (req, _res, next) => {
    const given = /^Bearer ([\x21-\x7e]+)$/.exec(req.headers.authorization ?? '')?.[1] ?? '';
    if (permission === 'anyone' || sameToken(given, operatorToken)) next();
    else next(new Problem('unauthorized', { headers: { 'WWW-Authenticate': 'Bearer' } }));
  };

const bodyParsers = (route: Route, maxBodyBytes: number): RequestHandler[] => {
  const { body } = route.request;
  if (body === undefined) return [];
  const limit = Math.min(body.maxBytes ?? maxBodyBytes, maxBodyBytes);
  const parsers: RequestHandler[] = [
    (req, _res, next) => {
      checkMediaType(req, body);
      next();
    },
    endAbove(limit),
  ];
  if (body.bytes !== undefined)
    parsers.push(unlessRefused(express.raw({ type: [...body.bytes.mediaTypes], limit })));
  if (body.json !== undefined)
    parsers.push(
      unlessRefused(
        express.json({
          type: (req) => /^application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? ''),
          limit,
        }),
      ),
    );
  return parsers;
};

/**
 * Answers as soon as a body is too long, by what it says or by what came. The parsers would read it to its end first, and
 * somebody could send for as long as a request may last.
 */
const endAbove =
  (limit: number): RequestHandler =>
  (req, res, next) => {
    const announced = req.headers['content-length'];
    if (Number(announced ?? 0) > limit) throw new Problem('body-too-large');
    // What came after that length would be another request.
    if (announced !== undefined) {
      next();
      return;
    }
    let length = 0;
    const count = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= limit) return;
      req.off('data', count);
      res.locals.isRefused = true;
      next(new Problem('body-too-large'));
    };
    req.on('data', count);
    next();
  };

/** A parser that keeps to itself what it finds out about a body that was refused meanwhile. */
const unlessRefused =
  (parse: RequestHandler): RequestHandler =>
  (req, res, next) =>
    void parse(req, res, (error?: unknown) => {
      if (res.locals.isRefused !== true) next(error);
    });

const shareAcrossOrigins = (route: Route): RequestHandler[] =>
  route.origins === 'same'
    ? []
    : [
        (_req, res, next) => {
          res.setHeader('Access-Control-Allow-Origin', '*');
          res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
          next();
        },
      ];

const handle =
  (route: Route, timeoutMs: number) =>
  async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const { params, query, body } = validateRequest(req, route.request);
    const leaving = new AbortController();
    // A request that was answered leaves nobody behind; to abort it would cost as much as to route it.
    res.once('close', () => {
      if (!res.writableFinished) leaving.abort();
    });
    const timer = setTimeout(() => {
      leaving.abort(new Problem('timed-out'));
      if (!res.headersSent) next(new Problem('timed-out', { retryAfterSeconds: 1 }));
    }, timeoutMs);
    try {
      const reply = await route.handler({
        params,
        query,
        body: body as never,
        headers: req.headers,
        get clientAddress() {
          return req.ip ?? '';
        },
        requestId: res.locals.requestId as string,
        get logger() {
          return res.locals.logger as Logger;
        },
        signal: leaving.signal,
      });
      clearTimeout(timer);
      if (!res.headersSent) await sendReply(res, reply);
    } catch (error) {
      const nobodyWaits = leaving.signal.aborted && (res.headersSent || res.destroyed);
      if (!nobodyWaits) throw error;
    } finally {
      clearTimeout(timer);
    }
  };

const refuseMethod =
  (methods: readonly string[]): RequestHandler =>
  () => {
    throw new Problem('method-not-allowed', { headers: { Allow: methods.join(', ') } });
  };

const METHOD_NAMES = { get: 'GET, HEAD', post: 'POST', put: 'PUT', delete: 'DELETE' } as const;

/** Makes the Express router of the declared routes; a known path under another method answers 405. */
export const createRouter = (routes: readonly Route[], options: RouterOptions): Router => {
  const router = express.Router({ caseSensitive: true, strict: true });
  const limiters: Record<RateClass, RequestHandler | undefined> = {
    read: limiter(options.rateLimits.readPerMinute),
    write: limiter(options.rateLimits.writePerMinute),
    unlimited: undefined,
  };
  const methods = new Map<string, string[]>();
  for (const route of routes) {
    const limit = limiters[route.rate];
    router[route.method](
      route.path,
      ...(limit === undefined ? [] : [limit]),
      ...shareAcrossOrigins(route),
      authorize(route.permission, options.operatorToken),
      ...bodyParsers(route, options.maxBodyBytes),
      handle(route, options.requestTimeoutMs),
    );
    methods.set(route.path, [...(methods.get(route.path) ?? []), METHOD_NAMES[route.method]]);
  }
  for (const [path, allowed] of methods) router.all(path, refuseMethod(allowed));
  return router;
};
