import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { CID } from 'multiformats/cid';

import { carOf, readVerified, walk } from '../../content/dag.ts';
import { decimal, position } from '../../http/decimal.ts';
import { Problem } from '../../http/problem.ts';
import { defineRoute, type Reply, type Route } from '../../http/route.ts';
import { byteRange } from './byte-range.ts';
import { gatewayHeaders, GatewayError, parseGatewayRequest, type GatewayRequest } from './negotiation.ts';
import type { Segments } from './segments.ts';
import type { ContentStore, Segment } from './types.ts';

const segmentSchema = z.object({
  from: decimal,
  to: decimal,
  root: z.string(),
  payloads: z.number(),
  bytes: z.number(),
});

const describe = (segment: Segment) => ({
  from: segment.fromIndex,
  to: segment.toIndex,
  root: segment.root.toString(),
  payloads: segment.payloadCount,
  bytes: segment.payloadBytes,
});

const gatewayQuery = z.object({
  format: z.string().optional(),
  'dag-scope': z.string().optional(),
  'entity-bytes': z.string().optional(),
  'car-version': z.string().optional(),
  'car-order': z.string().optional(),
  'car-dups': z.string().optional(),
});

const gatewayResponses = {
  200: {
    description: 'The block, or the DAG as a CAR, for the reader to verify against its CID',
    content: { 'application/vnd.ipld.raw': 'bytes', 'application/vnd.ipld.car': 'bytes' },
  },
  206: {
    description: 'One range of a block',
    content: { 'application/vnd.ipld.raw': 'bytes' },
  },
  304: { description: 'The reader has it already' },
  400: { description: 'Not a CID, or a form this gateway does not serve' },
  404: { description: 'This store does not have the block' },
  406: { description: 'Not served in a form that was asked for, such as a CAR with duplicates' },
  412: {
    description: 'This store does not have the block, and `Cache-Control: only-if-cached` was asked for',
  },
  416: { description: 'The block has no such range' },
  501: { description: 'Ranges of a CAR, several ranges at once, or a path' },
} as const;

/**
 * Routes of the content store: the IPFS trustless gateway and the export of segments.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export const payloadRoutes = (options: {
  readonly store: Pick<ContentStore, 'get'>;
  readonly segments: Segments;
}): Route[] => {
  const { store, segments } = options;

  const serve = async (
    cid: string,
    path: string,
    query: z.output<typeof gatewayQuery>,
    headers: IncomingHttpHeaders,
  ): Promise<Reply> => {
    const request = parse({ cid, path, accept: headers.accept, query });
    const block = await readVerified(store.get, request.cid);
    if (block === undefined) {
      const onlyHere = /\bonly-if-cached\b/i.test(headers['cache-control'] ?? '');
      const detail = `this store does not have ${cid}`;
      throw new Problem(onlyHere ? 'not-cached' : 'not-found', { detail });
    }
    const answer = gatewayHeaders(request, query.format === undefined);
    if (matches(headers['if-none-match'], answer.ETag)) return { status: 304, headers: answer, empty: true };
    const mediaType = answer['Content-Type'] ?? '';
    const isCurrent = headers['if-range'] === undefined || headers['if-range'] === answer.ETag;
    const range = byteRange(isCurrent ? headers.range : undefined, block.length);
    if (range.kind === 'whole') {
      const content = request.format === 'raw' ? block : carStream(store, request.cid, request.scope);
      return { status: 200, headers: answer, mediaType, content };
    }
    if (request.format === 'car' || range.kind === 'several')
      throw new Problem('not-implemented', { detail: 'one range of one raw block is served at a time' });
    if (range.kind === 'unsatisfiable')
      throw new Problem('range-not-satisfiable', {
        detail: `the block has ${block.length} bytes`,
        headers: { 'Content-Range': `bytes */${block.length}` },
      });
    const { first, last } = range;
    const contentRange = { 'Content-Range': `bytes ${first}-${last}/${block.length}` };
    const content = block.subarray(first, last + 1);
    return { status: 206, headers: { ...answer, ...contentRange }, mediaType, content };
  };

  return [
    defineRoute({
      method: 'get',
      path: '/ipfs/:cid',
      operationId: 'getBlock',
      tag: 'content',
      summary: 'A block, or a DAG as a CAR',
      description:
        'IPFS trustless gateway. Ask with `Accept` or `?format=` for `application/vnd.ipld.raw` or `application/vnd.ipld.car`.',
      permission: 'anyone',
      rate: 'unlimited',
      origins: 'any',
      request: { params: z.object({ cid: z.string() }), query: gatewayQuery },
      responses: gatewayResponses,
      handler: ({ params, query, headers }) => serve(params.cid, '', query, headers),
    }),
    defineRoute({
      method: 'get',
      path: '/ipfs/:cid/*path',
      operationId: 'getPath',
      tag: 'content',
      summary: 'A path below a CID, which this gateway does not resolve',
      permission: 'anyone',
      rate: 'unlimited',
      origins: 'any',
      request: {
        params: z.object({ cid: z.string(), path: z.array(z.string()) }),
        query: gatewayQuery,
      },
      responses: gatewayResponses,
      handler: ({ params, query, headers }) => serve(params.cid, params.path.join('/'), query, headers),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/segments',
      operationId: 'listSegments',
      tag: 'content',
      summary: 'Ranges of the log whose payloads are in the content store',
      permission: 'anyone',
      rate: 'read',
      origins: 'any',
      request: {
        query: z.object({
          from: position.default('0'),
          limit: z.coerce.number().int().min(1).max(1_000).default(100),
        }),
      },
      responses: {
        200: {
          description: 'Segments, ascending',
          content: { 'application/json': z.object({ segments: z.array(segmentSchema) }) },
        },
      },
      handler: async ({ query }) => ({
        status: 200,
        json: { segments: (await segments.list(BigInt(query.from), query.limit)).map(describe) },
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/segments/:from/car',
      operationId: 'exportSegment',
      tag: 'content',
      summary: 'The payloads of a segment as one CAR',
      permission: 'anyone',
      rate: 'read',
      origins: 'any',
      request: { params: z.object({ from: position }) },
      responses: {
        200: { description: 'CARv1, one root', content: { 'application/vnd.ipld.car': 'bytes' } },
        404: { description: 'No segment begins at this index' },
      },
      handler: async ({ params }) => {
        const segment = await segments.find(BigInt(params.from));
        if (segment === undefined) {
          throw new Problem('not-found', { detail: `no segment begins at index ${params.from}` });
        }
        return {
          status: 200,
          headers: gatewayHeaders({ format: 'car', cid: segment.root, scope: 'all' }, false),
          mediaType: 'application/vnd.ipld.car; version=1; order=dfs; dups=n',
          content: carStream(store, segment.root, 'all'),
        };
      },
    }),
  ];
};

const carStream = (
  store: Pick<ContentStore, 'get'>,
  root: CID,
  scope: Extract<GatewayRequest, { format: 'car' }>['scope'],
): AsyncIterable<Uint8Array> => carOf(root, walk(store.get, root, scope));

const parse = (request: Parameters<typeof parseGatewayRequest>[0]): GatewayRequest => {
  try {
    return parseGatewayRequest(request);
  } catch (error) {
    if (error instanceof GatewayError) throw new Problem(error.code, { detail: error.message, cause: error });
    throw error;
  }
};

const matches = (header: string | undefined, etag: string | undefined): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((tag) => weak(tag.trim()) === weak(etag ?? '')));

const weak = (tag: string): string => tag.replace(/^W\//, '');
