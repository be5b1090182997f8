import { z } from 'zod';
import { concatAll } from '@gridseal/protocol';
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

/** Longest answer that is read as JSON or as a problem: 65,535 results of a submission are a third of it. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
const MAX_PROBLEM_BYTES = 64 * 1024;

/** The bytes of an answer's body. @throws SdkError `unexpected-answer` when it is cut off, or longer than `most` */
export const readBody = async (response: Response, most = Infinity): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      parts.push(part);
      length += part.length;
      if (length > most) break;
    }
  } catch (cause) {
    throw new SdkError('unexpected-answer', 'the answer of the service was cut off', {
      retryable: true,
      cause,
    });
  }
  if (length > most)
    throw new SdkError('unexpected-answer', `the service answered more than ${most} bytes`, {
      retryable: true,
    });
  return concatAll(parts);
};

/** The text of an answer's body. @throws as {@link readBody} */
export const readText = async (response: Response, most = MAX_TEXT_BYTES): Promise<string> =>
  new TextDecoder().decode(await readBody(response, most));

const problemOf = async (response: Response): Promise<Problem> => {
  const text = await readText(response, MAX_PROBLEM_BYTES).catch((error: unknown) => {
    // Its status says enough.
    if (error instanceof SdkError) return '';
    throw error;
  });
  try {
    const parsed = problemSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  return {
    code: 'unexpected-answer',
    status: response.status,
    title: `the service answered ${response.status}, and not as a Gridseal service does`,
    detail: text.replace(/[\p{Cc}\s]+/gu, ' ').slice(0, 200),
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
          // A redirected POST would become a GET, and what it is answered with is of another service.
          redirect: 'manual',
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
 * @throws SdkError `unexpected-answer`, worth another try, when it is cut off, no JSON or of another shape: a proxy answers for
 * a service that is restarting
 */
export const readJson = async <T>(response: Response, schema: z.ZodType<T>): Promise<T> => {
  const text = await readText(response);
  const place = URL.canParse(response.url) ? new URL(response.url).pathname : 'the service';
  const unexpected = (detail: string, cause?: unknown): SdkError =>
    new SdkError('unexpected-answer', `${place} answered ${detail}`, { retryable: true, cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const shown = text.trim() === '' ? 'nothing' : `no JSON: ${JSON.stringify(text.slice(0, 80))}`;
    throw unexpected(shown, cause);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw unexpected(`another shape: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};
