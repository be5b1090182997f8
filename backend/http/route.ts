import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { Logger } from '../adapters/logger/logger.ts';

/** Which limit a request counts against. `unlimited` is for files a proxy could serve as well. */
export type RateClass = 'read' | 'write' | 'unlimited';

/** Who may call. `operator` asks for the bearer token of this installation. */
export type Permission = 'anyone' | 'operator';

/** A body taken as bytes. The schema, where there is one, only documents what the bytes mean. */
export type BytesBody = { readonly mediaTypes: readonly string[]; readonly documents?: z.ZodType };

/** What a route takes as body: JSON of a schema, bytes of some media types, or either. */
export type BodyDeclaration = {
  readonly json?: z.ZodType;
  readonly bytes?: BytesBody;
  /** Lower than the service's own limit where a route needs less. */
  readonly maxBytes?: number;
};

/** Where a request's values come from. Schemas of `params` and `query` read strings. */
export type RequestDeclaration = {
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: BodyDeclaration;
};

/** One answer a route gives. Content is a schema for JSON, or text or bytes of a media type. */
export type ResponseDeclaration = {
  readonly description: string;
  readonly content?: Readonly<Record<string, z.ZodType | 'text' | 'bytes'>>;
};

type Output<Schema, Otherwise> = Schema extends z.ZodType ? z.output<Schema> : Otherwise;

/** A body as the handler sees it. */
export type ReceivedBody<Body> =
  | (Body extends { readonly json: infer Json }
      ? { readonly kind: 'json'; readonly value: Output<Json, never> }
      : never)
  | (Body extends { readonly bytes: BytesBody }
      ? { readonly kind: 'bytes'; readonly mediaType: string; readonly bytes: Uint8Array }
      : never);

type Member<Declaration, Name extends string> =
  Declaration extends Readonly<Record<Name, infer Value>> ? Value : undefined;

/** A validated request. `signal` aborts when the client leaves or the time is up. */
export type RouteRequest<Declaration> = {
  readonly params: Output<Member<Declaration, 'params'>, unknown>;
  readonly query: Output<Member<Declaration, 'query'>, unknown>;
  readonly body: Member<Declaration, 'body'> extends undefined
    ? undefined
    : ReceivedBody<Member<Declaration, 'body'>>;
  readonly headers: IncomingHttpHeaders;
  readonly clientAddress: string;
  readonly requestId: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

/** What a handler answers: JSON (bigint becomes a decimal string), content of a media type, or nothing. */
export type Reply = { readonly status: number; readonly headers?: Readonly<Record<string, string>> } & (
  | { readonly json: unknown }
  | { readonly mediaType: string; readonly content: string | Uint8Array | AsyncIterable<Uint8Array> }
  | { readonly empty: true }
);

/** Everything there is to say about one operation of the API. */
export type Route = {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Express 5 path: `/v1/receipts/:digest`, `/log/tile/*path`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly permission: Permission;
  readonly rate: RateClass;
  /** Whether pages of other origins may read the answer. */
  readonly origins: 'same' | 'any';
  readonly request: RequestDeclaration;
  readonly responses: Readonly<Record<number, ResponseDeclaration>>;
  readonly handler: (request: RouteRequest<RequestDeclaration>) => Promise<Reply> | Reply;
};

/**
 * Declares a route; its handler's request has the types of its schemas.
 *
 * @example
 * const receipt = defineRoute({
 *   method: 'get', path: '/v1/receipts/:digest', operationId: 'getReceipt', tag: 'receipts',
 *   summary: 'The receipt of a statement', permission: 'anyone', rate: 'read', origins: 'any',
 *   request: { params: z.object({ digest: hash }) },
 *   responses: { 200: { description: 'The receipt', content: { 'application/json': receiptSchema } } },
 *   handler: async ({ params }) => ({ status: 200, json: await receipts.find(params.digest) }),
 * });
 */
export const defineRoute = <const Declaration extends RequestDeclaration>(
  route: Omit<Route, 'request' | 'handler'> & {
    readonly request: Declaration;
    readonly handler: (request: RouteRequest<Declaration>) => Promise<Reply> | Reply;
  },
): Route => route;
