import { z } from 'zod';
import { SdkError, ServiceError, type Problem } from '../errors.ts';

/** A connection to one Gridseal service. Actions take it as their first argument. */
export type GridsealClient = {
  readonly url: string;
  readonly request: (request: HttpRequest) => Promise<Response>;
};

/** One HTTP request, relative to the service's URL. */
export type HttpRequest = {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: Uint8Array | string;
  readonly contentType?: string;
  readonly accept?: string;
  /** API token of the operator. */
  readonly token?: string;
  /** Statuses beyond 2xx that are an answer and no refusal. */
  readonly alsoAnswers?: readonly number[];
};

const problemSchema = z.object({
  code: z.string(),
  status: z.number(),
  title: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), code: z.string(), message: z.string() })).optional(),
});

const problemOf = async (response: Response): Promise<Problem> => {
  const text = await response.text();
  try {
    const parsed = problemSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  return {
    code: 'unexpected-answer',
    status: response.status,
    title: `the service answered ${response.status}`,
    detail: text.slice(0, 200),
  };
};

/**
 * Connects to a service. Nothing is sent until an action runs.
 *
 * @example
 * const client = createGridsealClient({ url: "http://127.0.0.1:8787" })
 * const receipt = await getReceipt(client, { digest })
 */
export const createGridsealClient = (options: {
  readonly url: string;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
}): GridsealClient => {
  const base = options.url.replace(/\/+$/u, '');
  const send = options.fetch ?? fetch;
  return {
    url: base,
    request: async ({ method = 'GET', path, query = {}, body, contentType, accept, token, alsoAnswers }) => {
      const url = new URL(base + path);
      for (const [name, value] of Object.entries(query)) {
        if (value !== undefined) url.searchParams.set(name, String(value));
      }
      const headers = new Headers({ accept: accept ?? 'application/json' });
      if (body !== undefined) headers.set('content-type', contentType ?? 'application/json');
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
      let response: Response;
      try {
        response = await send(url, {
          method,
          headers,
          ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> | string }),
          signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
        });
      } catch (cause) {
        const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError';
        throw new SdkError(
          timedOut ? 'timeout' : 'unreachable',
          timedOut ? `${base} did not answer in time` : `${base} cannot be reached`,
          { retryable: true, cause },
        );
      }
      if (response.ok || alsoAnswers?.includes(response.status) === true) return response;
      const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
      throw new ServiceError(await problemOf(response), Number.isFinite(retryAfter) ? retryAfter : undefined);
    },
  };
};

/**
 * Reads a JSON answer and checks its shape.
 *
 * @throws SdkError `unexpected-answer` when the shape is another.
 */
export const readJson = async <T>(response: Response, schema: z.ZodType<T>): Promise<T> => {
  const parsed = schema.safeParse(await response.json());
  if (!parsed.success) {
    throw new SdkError(
      'unexpected-answer',
      `${new URL(response.url).pathname} answered another shape: ${z.prettifyError(parsed.error)}`,
    );
  }
  return parsed.data;
};
