import { fromHex, KINDS, readingsToJson, toHex, kindOf, type Hex, type KindName } from '@gridseal/protocol';
import { z } from 'zod';

import { decimal, position } from '../../http/decimal.ts';
import { Problem, type ProblemMapper } from '../../http/problem.ts';
import { defineRoute, type Reply, type Route } from '../../http/route.ts';
import type { LogReader } from '../log/types.ts';
import { EvidenceError } from './errors.ts';
import type { BatchOpener } from './readings.ts';
import type { FoundStatement, StatementSearch } from './search.ts';
import type { Bundles } from './types.ts';

const hexOf = (digits: number, what: string) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-f]{${digits}}$`), what)
    .transform((text) => text as Hex);
const hash = hexOf(64, 'must be 32 bytes: 0x and 64 lower-case hex digits');
const address = hexOf(40, 'must be an address: 0x and 40 lower-case hex digits');
const milliseconds = position.transform(BigInt);
const kindNames = Object.keys(KINDS) as [KindName, ...KindName[]];

const BUNDLE_TYPE = 'application/vnd.gridseal.bundle+json';

const statementSchema = z.object({
  index: decimal,
  digest: z.string(),
  kind: z.string().nullable(),
  author: z.string(),
  keyId: z.string(),
  lane: z.number(),
  boot: z.number(),
  sequence: decimal,
  timeMs: decimal,
  receiptTimeMs: decimal,
});

const describe = ({ index, digest, part, receiptTimeMs }: FoundStatement) => ({
  index,
  digest: toHex(digest),
  kind: kindOf(part.typeHash) ?? null,
  author: toHex(part.header.author),
  keyId: toHex(part.header.keyId),
  lane: part.header.lane,
  boot: part.header.boot,
  sequence: part.header.sequence,
  timeMs: part.header.timeMs,
  receiptTimeMs,
});

const bundleReply = (digest: Hex, content: Uint8Array): Reply => ({
  status: 200,
  headers: { 'Content-Disposition': `attachment; filename="${digest}.bundle.json"` },
  mediaType: BUNDLE_TYPE,
  content,
});

const bundleResponses = {
  200: { description: 'The bundle, in its one encoding', content: { [BUNDLE_TYPE]: 'text' } },
  404: { description: 'No statement of this digest was acknowledged' },
  409: { description: 'The statement has not come far enough yet; `code` says how far' },
} as const;

const disclosure = z.object({
  digest: hash,
  indices: z.array(z.number().int().min(0).max(65_535)).min(1).max(65_536).optional(),
  channels: z.array(z.number().int().min(0).max(0xffff_ffff)).min(1).max(1_024).optional(),
  fromMs: milliseconds.optional(),
  toMs: milliseconds.optional(),
});

/** Bundles, the search for statements, and the owner's disclosures. */
export const evidenceRoutes = (options: {
  readonly bundles: Bundles;
  readonly search: StatementSearch;
  readonly opener: BatchOpener;
  readonly log: Pick<LogReader, 'indexOf' | 'entry'>;
}): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/bundles/:digest',
    operationId: 'getBundle',
    tag: 'evidence',
    summary: 'Everything that proves a statement, in one file',
    description:
      'Refused with `not-anchored` until an anchor covers the statement; `?allow=unanchored` gives the proof as far as the newest checkpoint.',
    permission: 'anyone',
    rate: 'read',
    origins: 'any',
    request: {
      params: z.object({ digest: hash }),
      query: z.object({ allow: z.literal('unanchored').optional() }),
    },
    responses: bundleResponses,
    handler: async ({ params, query, signal }) => {
      const coverage = query.allow === 'unanchored' ? 'anchored-or-checkpoint' : 'anchored';
      const bundle = await options.bundles.build(fromHex(params.digest), { coverage, signal });
      return bundleReply(params.digest, bundle);
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/disclosures',
    operationId: 'disclose',
    tag: 'evidence',
    summary: 'A bundle that opens chosen readings of a batch, and no other',
    description: 'Filters combine: indices, channels, and device times from and to, inclusive.',
    permission: 'operator',
    rate: 'write',
    origins: 'same',
    request: { body: { json: disclosure } },
    responses: bundleResponses,
    handler: async ({ body: { value }, signal }) => {
      const { digest, ...disclose } = value;
      const bundle = await options.bundles.build(fromHex(digest), { coverage: 'anchored', disclose, signal });
      return bundleReply(digest, bundle);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/readings/:digest',
    operationId: 'getReadings',
    tag: 'evidence',
    summary: 'The readings of a batch, decrypted for its owner',
    permission: 'operator',
    rate: 'read',
    origins: 'same',
    request: { params: z.object({ digest: hash }) },
    responses: {
      200: {
        description: 'Readings whose commitment was recomputed and is the one the device signed',
        content: {
          'application/json': z.object({
            digest: z.string(),
            profile: z.string(),
            readings: z.array(z.record(z.string(), z.union([z.string(), z.number()]))),
          }),
        },
      },
      404: { description: 'No such statement in the log, or its payload is nowhere' },
      410: { description: 'The key that opens the payload was destroyed' },
    },
    handler: async ({ params }) => {
      const digest = fromHex(params.digest);
      const index = await options.log.indexOf(digest);
      if (index === undefined) throw new EvidenceError('statement-unknown', params.digest);
      const { profile, readings } = await options.opener.open(digest, await options.log.entry(index));
      const json = { digest: params.digest, profile: toHex(profile), readings: readingsToJson(readings) };
      return { status: 200, json };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/statements',
    operationId: 'searchStatements',
    tag: 'evidence',
    summary: 'Statements of the log by author, kind and time, in log order',
    permission: 'anyone',
    rate: 'read',
    origins: 'any',
    request: {
      query: z.object({
        author: address.optional(),
        kind: z.enum(kindNames).optional(),
        from: milliseconds.optional(),
        to: milliseconds.optional(),
        cursor: position.default('0'),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
      }),
    },
    responses: {
      200: {
        description:
          'A page of statements; `next` is the cursor of the following one. A page may be short, or empty, before the last one',
        content: {
          'application/json': z.object({
            statements: z.array(statementSchema),
            next: decimal.nullable(),
          }),
        },
      },
    },
    handler: async ({ query, signal }) => {
      const filter = {
        author: query.author,
        typeHash: query.kind === undefined ? undefined : toHex(KINDS[query.kind].typeHash),
        fromMs: query.from,
        toMs: query.to,
        cursor: BigInt(query.cursor),
        limit: query.limit,
      };
      const page = await options.search(filter, signal);
      return { status: 200, json: { statements: page.statements.map(describe), next: page.next ?? null } };
    },
  }),
];

/** Gives evidence that cannot be handed out its problem. */
export const toEvidenceProblem: ProblemMapper = (error) =>
  error instanceof EvidenceError
    ? new Problem(error.code, { detail: error.detail, cause: error })
    : undefined;
