import { CID } from 'multiformats/cid';

import type { DagScope } from '../../content/dag.ts';

/** What a trustless gateway request asks for. */
export type GatewayRequest =
  | { readonly format: 'raw'; readonly cid: CID }
  | { readonly format: 'car'; readonly cid: CID; readonly scope: DagScope };

/** Why a gateway request is refused. */
export type GatewayErrorCode =
  'invalid-cid' | 'format-not-supported' | 'path-not-supported' | 'scope-not-supported';

/** A request outside the trustless gateway specification, or outside what this gateway serves. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: GatewayErrorCode;

  constructor(code: GatewayErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

const RAW_TYPE = 'application/vnd.ipld.raw';
const CAR_TYPE = 'application/vnd.ipld.car';

/**
 * Decides what a request asks for. The `format` parameter wins over `Accept`, as the
 * specification rules; a request that names neither format is refused, because a trustless
 * gateway never answers with deserialised content.
 *
 * @throws GatewayError
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 * @example parseGatewayRequest({ cid: 'bafy…', path: '', accept: 'application/vnd.ipld.raw', query: {} })
 */
export const parseGatewayRequest = (request: {
  readonly cid: string;
  readonly path: string;
  readonly accept: string | undefined;
  readonly query: Readonly<Record<string, unknown>>;
}): GatewayRequest => {
  const cid = parseCid(request.cid);
  if (request.path !== '')
    throw new GatewayError('path-not-supported', 'only whole blocks and DAGs are served');
  const format = formatOf(request.query.format, request.accept);
  if (format === 'raw') return { format, cid };
  return { format, cid, scope: scopeOf(request.query['dag-scope']) };
};

const parseCid = (text: string): CID => {
  try {
    return CID.parse(text);
  } catch (cause) {
    throw new GatewayError(
      'invalid-cid',
      `${text} is not a CID: ${cause instanceof Error ? cause.message : ''}`,
    );
  }
};

const formatOf = (parameter: unknown, accept: string | undefined): 'raw' | 'car' => {
  if (parameter === 'raw' || parameter === 'car') return parameter;
  if (parameter !== undefined) throw new GatewayError('format-not-supported', 'format is raw or car');
  const ranges = (accept ?? '').split(',').map((range) => range.trim());
  for (const range of ranges) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (type === RAW_TYPE) return 'raw';
    if (type === CAR_TYPE && parameters.every(isServedCarParameter)) return 'car';
  }
  throw new GatewayError(
    'format-not-supported',
    `ask for ${RAW_TYPE} or ${CAR_TYPE}, or add ?format=raw or ?format=car`,
  );
};

const isServedCarParameter = (parameter: string): boolean => {
  const [name, value] = parameter.split('=');
  if (name === 'version') return value === '1';
  if (name === 'order') return value === 'dfs' || value === 'unk';
  return true;
};

const scopeOf = (value: unknown): DagScope => {
  if (value === undefined) return 'all';
  if (value === 'block' || value === 'entity' || value === 'all') return value;
  throw new GatewayError('scope-not-supported', 'dag-scope is block, entity or all');
};

/** Response headers of the specification. Blocks never change, so caches may keep them for good. */
export const gatewayHeaders = (request: GatewayRequest): Readonly<Record<string, string>> => {
  const name = request.cid.toString();
  const common = {
    'Cache-Control': 'public, max-age=29030400, immutable',
    'X-Content-Type-Options': 'nosniff',
    'X-Ipfs-Path': `/ipfs/${name}`,
    'X-Ipfs-Roots': name,
    Vary: 'Accept',
  };
  if (request.format === 'raw') {
    return {
      ...common,
      'Content-Type': RAW_TYPE,
      'Content-Disposition': `attachment; filename="${name}.bin"`,
      ETag: `"${name}.raw"`,
    };
  }
  return {
    ...common,
    'Content-Type': `${CAR_TYPE}; version=1; order=dfs; dups=n`,
    'Content-Disposition': `attachment; filename="${name}.car"`,
    'Accept-Ranges': 'none',
    ETag: `W/"${name}.car.${request.scope}"`,
  };
};
