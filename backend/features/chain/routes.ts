import { formatProfile, parseProfile, ProtocolError, type Hex } from '@gridseal/protocol';
import { deviceRegistryAbi } from '@gridseal/sdk/abi/device-registry';
import { encodeFunctionData } from 'viem';
import { z } from 'zod';

import { uint256 } from '../../http/decimal.ts';
import { Problem } from '../../http/problem.ts';
import { defineRoute, type Route } from '../../http/route.ts';
import type { DeviceKey, DeviceSearch } from './device-search.ts';
import { ChainError } from './errors.ts';
import type { Profiles } from './profiles.ts';
import type { Relay, RelayedCall } from './relay.ts';

const hexOf = (pattern: string, what: string) =>
  z
    .string()
    .regex(new RegExp(`^0x${pattern}$`), what)
    .transform((text) => text as Hex);
const address = hexOf('[0-9a-f]{40}', 'must be an address: 0x and 40 lower-case hex digits');
const hash = hexOf('[0-9a-f]{64}', 'must be 32 bytes: 0x and 64 lower-case hex digits');
const bytes = hexOf('([0-9a-f]{2})*', 'must be bytes: 0x and an even number of lower-case hex digits');

const keySchema = z.object({
  identity: z.string(),
  owner: z.string(),
  keyId: z.string(),
  algorithm: z.number(),
  purpose: z.number(),
  profile: z.string(),
  status: z.enum(['pending', 'active', 'revoked']),
  validFrom: z.string(),
  enrolledBlock: z.string(),
  revokedAt: z.string().nullable(),
  lastGood: z.string().nullable(),
});

const describe = (key: DeviceKey) => ({
  identity: key.identity,
  owner: key.owner,
  keyId: key.keyId,
  algorithm: key.algorithm,
  purpose: key.purpose,
  profile: key.profile,
  status: key.status,
  validFrom: key.validFrom,
  enrolledBlock: key.enrolledAt.number,
  revokedAt: key.revokedAt === 0n ? null : key.revokedAt,
  lastGood: BigInt(key.lastGood) === 0n ? null : key.lastGood,
});

const callSchema = z.object({
  reference: z.string(),
  status: z.enum(['pending', 'mined', 'reverted', 'lost']),
  transactionHash: z.string().nullable(),
});

const describeCall = (call: RelayedCall) => ({ ...call, transactionHash: call.transactionHash ?? null });

const enrolment = z.object({
  identity: address,
  owner: address,
  algorithm: z.union([z.literal(1), z.literal(2)]),
  publicKey: bytes,
  purpose: z.number().int().min(1).max(4),
  profile: hash,
  deadline: uint256,
  proofOfPossession: bytes,
  ownerSignature: bytes,
});

const revocation = z.object({
  identity: address,
  keyId: hash,
  lastGood: hash,
  nonce: uint256,
  deadline: uint256,
  ownerSignature: bytes,
});

const relayed = {
  403: { description: 'Nothing is relayed for this owner, who may send the call to the registry' },
  503: { description: 'What relaying may cost in a day is spent; `Retry-After` says when to try again' },
  202: { description: 'The call is on its way', content: { 'application/json': callSchema } },
  422: { description: 'The registry would refuse the call; nothing was sent' },
} as const;

/** Devices, their enrolment and their profiles. */
export const chainRoutes = (options: {
  readonly search: DeviceSearch;
  readonly relay: Relay;
  readonly profiles: Profiles;
  /** Why nothing is relayed: the account that pays is not ours alone any more. */
  readonly haltedBy: () => string | undefined;
  readonly ownerOf: (identity: Hex) => Hex;
}): Route[] => {
  const { search, profiles } = options;

  const relay = async (data: Hex, owner: Hex) => {
    const halted = options.haltedBy();
    if (halted !== undefined) throw new Problem('log-halted', { detail: halted, retryAfterSeconds: 60 });
    try {
      const call = await options.relay.send(data, owner);
      return { status: 202, json: describeCall(call) };
    } catch (error) {
      if (error instanceof ChainError && error.code === 'would-revert') {
        throw new Problem('registry-refused', { detail: error.detail, cause: error });
      }
      if (error instanceof ChainError && error.code === 'owner-not-admitted')
        throw new Problem('owner-not-admitted', { detail: error.detail, cause: error });
      if (error instanceof ChainError && error.code === 'budget-spent')
        throw new Problem('relay-spent', { cause: error, retryAfterSeconds: 3_600 });
      throw error;
    }
  };

  return [
    defineRoute({
      method: 'get',
      path: '/v1/devices',
      operationId: 'listDevices',
      tag: 'devices',
      summary: 'Keys of the registry, by identity, owner or profile',
      permission: 'anyone',
      rate: 'read',
      origins: 'any',
      request: {
        query: z.object({
          identity: address.optional(),
          owner: address.optional(),
          profile: hash.optional(),
          purpose: z.coerce.number().int().min(1).max(4).optional(),
          cursor: z
            .string()
            .regex(/^0x[0-9a-f]{40}:0x[0-9a-f]{64}$/)
            .optional(),
          limit: z.coerce.number().int().min(1).max(1_000).default(100),
        }),
      },
      responses: {
        200: {
          description:
            'A page of keys; `next` is the cursor of the following one. A page may be short, or empty, before the last one',
          content: {
            'application/json': z.object({ devices: z.array(keySchema), next: z.string().nullable() }),
          },
        },
      },
      handler: async ({ query: { cursor, ...filter } }) => {
        const [identity, keyId] = (cursor?.split(':') ?? []) as Hex[];
        const after = identity === undefined || keyId === undefined ? undefined : { identity, keyId };
        const { keys, next } = await search({ ...filter, after });
        const following = next === undefined ? null : `${next.identity}:${next.keyId}`;
        return { status: 200, json: { devices: keys.map(describe), next: following } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/devices/enrolments',
      operationId: 'enrolDevice',
      tag: 'devices',
      summary: 'Relays an enrolment that the device and its owner signed',
      description: 'The service pays the gas. The key speaks once the enrolment is final on the chain.',
      permission: 'anyone',
      rate: 'write',
      origins: 'any',
      request: { body: { json: enrolment } },
      responses: relayed,
      handler: async ({ body: { value } }) => {
        const { proofOfPossession, ownerSignature, ...fields } = value;
        const args = [fields, proofOfPossession, ownerSignature] as const;
        return relay(
          encodeFunctionData({ abi: deviceRegistryAbi, functionName: 'enrol', args }),
          fields.owner,
        );
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/devices/revocations',
      operationId: 'revokeDevice',
      tag: 'devices',
      summary: 'Relays a revocation that the owner signed',
      description: 'The service pays the gas. A revocation counts at once, before it is final.',
      permission: 'anyone',
      rate: 'write',
      origins: 'any',
      request: { body: { json: revocation } },
      responses: relayed,
      handler: async ({ body: { value } }) => {
        const { ownerSignature, ...fields } = value;
        const args = [fields, ownerSignature] as const;
        const data = encodeFunctionData({ abi: deviceRegistryAbi, functionName: 'revokeBySig', args });
        return relay(data, options.ownerOf(fields.identity));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/devices/rotations',
      operationId: 'rotateDevice',
      tag: 'devices',
      summary: 'Relays a revocation and an enrolment in its place, in one transaction',
      description:
        'Both that the owner signed, and the new key, or neither: one key of the identity speaks whatever fails.',
      permission: 'anyone',
      rate: 'write',
      origins: 'any',
      request: { body: { json: z.object({ revocation, enrolment }) } },
      responses: relayed,
      handler: async ({ body: { value } }) => {
        const { ownerSignature: revoking, ...revoked } = value.revocation;
        const { proofOfPossession, ownerSignature, ...enrolled } = value.enrolment;
        const args = [revoked, revoking, enrolled, proofOfPossession, ownerSignature] as const;
        const data = encodeFunctionData({ abi: deviceRegistryAbi, functionName: 'rotate', args });
        return relay(data, enrolled.owner);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/devices/calls/:reference',
      operationId: 'getRelayedCall',
      tag: 'devices',
      summary: 'What became of a relayed call',
      permission: 'anyone',
      rate: 'read',
      origins: 'any',
      request: { params: z.object({ reference: z.string().regex(/^relay:0x[0-9a-f]{64}$/) }) },
      responses: {
        200: { description: 'The call', content: { 'application/json': callSchema } },
        404: { description: 'No such call was relayed' },
      },
      handler: async ({ params }) => {
        const call = await options.relay.find(params.reference);
        if (call === undefined) throw new Problem('not-found', { detail: 'no such call was relayed' });
        return { status: 200, json: describeCall(call) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/profiles',
      operationId: 'storeProfile',
      tag: 'devices',
      summary: 'Stores a profile document under its hash',
      description:
        'The document must be in its one RFC 8785 (JCS) form; whitespace is not. It is kept for an hour, and for good once a key of the registry names it.',
      permission: 'anyone',
      rate: 'write',
      origins: 'any',
      request: { body: { bytes: { mediaTypes: ['application/json'] }, maxBytes: 65_536 } },
      responses: {
        201: {
          description: 'Stored; the hash is what enrolments and batches cite',
          content: { 'application/json': z.object({ profile: z.string() }) },
        },
        400: { description: 'Not a canonical profile document' },
        503: {
          description: 'As many profiles as may wait for an enrolment; `Retry-After` says when to try again',
        },
      },
      handler: async ({ body }) => {
        const document = new TextDecoder().decode(body.bytes);
        try {
          const profile = await profiles.store(formatProfile(parseProfile(document)));
          if (profile !== undefined) return { status: 201, json: { profile } };
          const detail = 'as many profiles as may wait for an enrolment that names them';
          throw new Problem('overloaded', { detail, retryAfterSeconds: 3_600 });
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          const { field, code, message } = error;
          throw new Problem('validation-failed', { errors: [{ field, code, message }], cause: error });
        }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/profiles/:hash',
      operationId: 'getProfile',
      tag: 'devices',
      summary: 'A profile document',
      permission: 'anyone',
      rate: 'read',
      origins: 'any',
      request: { params: z.object({ hash }) },
      responses: {
        200: { description: 'The document, as it was hashed', content: { 'application/json': 'text' } },
        404: { description: 'This service was not given the document' },
      },
      handler: async ({ params }) => {
        const document = await profiles.find(params.hash);
        if (document === undefined) throw new Problem('not-found', { detail: `no profile ${params.hash}` });
        return { status: 200, mediaType: 'application/json', content: document };
      },
    }),
  ];
};
