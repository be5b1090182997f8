import { CID } from 'multiformats/cid';

import type { DagScope } from '../../content/dag.ts';

/** What a trustless gateway request asks for. */
export type GatewayRequest =
  | { readonly format: 'raw'; readonly cid: CID }
  | { readonly format: 'car'; readonly cid: CID; readonly scope: DagScope };

/** Why a gateway request is refused. */
export type GatewayErrorCode =
  | 'invalid-cid'
  | 'format-not-supported'
  | 'not-acceptable'
  | 'path-not-supported'
  | 'scope-not-supported'
  | 'not-implemented';

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

/** Query parameters of the specification, as they came. */
export type GatewayQuery = {
  readonly format?: string | undefined;
  readonly 'dag-scope'?: string | undefined;
  readonly 'entity-bytes'?: string | undefined;
  readonly 'car-version'?: string | undefined;
  readonly 'car-order'?: string | undefined;
  readonly 'car-dups'?: string | undefined;
};

/**
 * Decides what a request asks for. The `format` parameter wins over `Accept`, as the
 * specification rules; a request that names neither format is refused, because a trustless
 * gateway never answers with deserialised content. A CAR that is asked for in another form than
 * ours (version 1, depth first, no duplicates) is refused: its reader would rely on what it is not.
 *
 * @throws GatewayError
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 * @example parseGatewayRequest({ cid: 'bafy…', path: '', accept: 'application/vnd.ipld.raw', query: {} })
 */
export const parseGatewayRequest = (request: {
  readonly cid: string;
  readonly path: string;
  readonly accept: string | undefined;
  readonly query: GatewayQuery;
}): GatewayRequest => {
  const { query, path } = request;
  const cid = parseCid(request.cid);
  const format = formatOf(query, request.accept);
  if (path !== '' && format === 'car')
    throw new GatewayError('not-implemented', 'paths below a CID are not resolved here: ask for the CID');
  if (path !== '') throw new GatewayError('path-not-supported', 'only whole blocks and DAGs are served');
  return format === 'raw' ? { format, cid } : { format, cid, scope: scopeOf(query) };
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

/** What each parameter of a CAR may be for ours to be what was asked for (IPIP-412). */
const CAR_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  version: ['1'],
  order: ['dfs', 'unk', ''],
  dups: ['n', ''],
};

const isServedCar = (parameters: ReadonlyMap<string, string>): boolean =>
  Object.entries(CAR_PARAMETERS).every(([name, served]) => {
    const value = parameters.get(name);
    return value === undefined || served.includes(value);
  });

/** One range of `Accept` (RFC 9110, 12.5.1). */
type MediaRange = {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
};

const mediaRange = (text: string): MediaRange => {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim().toLowerCase());
  const parameters = new Map(
    rest.map((parameter) => {
      const [name = '', value = ''] = parameter.split('=').map((side) => side.trim());
      return [name, value.replace(/^"(.*)"$/, '$1')] as const;
    }),
  );
  const quality = Number(parameters.get('q') ?? '1');
  return { type, parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 };
};

/** Parameters of the query that say which CAR, in place of those of `Accept`. */
const carParametersOf = (query: GatewayQuery): ReadonlyMap<string, string> =>
  new Map(
    (['version', 'order', 'dups'] as const).flatMap((name) => {
      const value = query[`car-${name}`];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );

const formatOf = (query: GatewayQuery, accept: string | undefined): 'raw' | 'car' => {
  const { format } = query;
  if (format !== undefined && format !== 'raw' && format !== 'car')
    throw new GatewayError('format-not-supported', 'format is raw or car');
  if (format === 'raw') return 'raw';
  const asked = carParametersOf(query);
  const ranges = (accept ?? '')
    .split(',')
    .map(mediaRange)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  const cars = ranges.filter(({ type }) => type === CAR_TYPE);
  const served = ({ parameters }: Pick<MediaRange, 'parameters'>): boolean =>
    isServedCar(new Map([...parameters, ...asked]));
  if (format === 'car') {
    // What `Accept` says of a CAR goes with `format=car`; what it says of other types does not.
    if (cars.length === 0 ? isServedCar(asked) : cars.some(served)) return 'car';
    throw notAcceptable();
  }
  for (const range of ranges) {
    if (range.type === RAW_TYPE) return 'raw';
    if (range.type === CAR_TYPE && served(range)) return 'car';
  }
  if ((accept ?? '').trim() !== '' && !ranges.some(({ type }) => type === '*/*')) throw notAcceptable();
  throw new GatewayError(
    'format-not-supported',
    `ask for ${RAW_TYPE} or ${CAR_TYPE}, or add ?format=raw or ?format=car`,
  );
};

const notAcceptable = (): GatewayError =>
  new GatewayError(
    'not-acceptable',
    `served are ${RAW_TYPE} and ${CAR_TYPE} with version=1, order=dfs and dups=n`,
  );

/** `from:to`, each an offset from the start, or from the end where it is negative; `*` is the end. */
const ENTITY_BYTES = /^-?\d{1,15}:(\*|-?\d{1,15})$/;

const scopeOf = ({ 'dag-scope': scope, 'entity-bytes': bytes }: GatewayQuery): DagScope => {
  // Of a block that is one stretch of bytes, and of one that is none, a part of the entity is the entity.
  if (bytes !== undefined && ENTITY_BYTES.test(bytes)) return 'entity';
  if (bytes !== undefined) throw new GatewayError('scope-not-supported', 'entity-bytes is from:to');
  if (scope === undefined) return 'all';
  if (scope === 'block' || scope === 'entity' || scope === 'all') return scope;
  throw new GatewayError('scope-not-supported', 'dag-scope is block, entity or all');
};

/**
 * Response headers of the specification. Blocks never change, so caches may keep them for good.
 *
 * @param isNegotiated whether `Accept` said which form: the answer then names the address of the form
 */
export const gatewayHeaders = (
  request: GatewayRequest,
  isNegotiated: boolean,
): Readonly<Record<string, string>> => {
  const name = request.cid.toString();
  const scope = request.format === 'car' && request.scope !== 'all' ? `&dag-scope=${request.scope}` : '';
  const location = `/ipfs/${name}?format=${request.format}${scope}`;
  const common = {
    ...(isNegotiated ? { 'Content-Location': location } : {}),
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
      'Accept-Ranges': 'bytes',
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
