import { z } from 'zod';
import { formatProfile, type Hex, type Profile } from '@gridseal/protocol';
import type { SignedEnrolment } from '../device/enrolment.ts';
import type { SignedRevocation } from '../device/revocation.ts';
import { readJson, type GridsealClient } from '../http/client.ts';
import { hexSchema } from '../http/schemas.ts';

const callSchema = z.object({ reference: z.string(), status: z.string() });
const devicesSchema = z.object({
  devices: z.array(
    z.object({ identity: hexSchema, keyId: hexSchema, profile: hexSchema, status: z.string() }),
  ),
});

/** A key as the service follows it on the chain. */
export type EnrolledKey = z.output<typeof devicesSchema>['devices'][number];

const relay = async (client: GridsealClient, path: string, fields: object): Promise<string> => {
  const body = JSON.stringify(fields, (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return (await readJson(await client.request({ method: 'POST', path, body }), callSchema)).reference;
};

/** Has the service send an enrolment, which pays the gas. Returns the reference of the call. */
export const enrolDevice = (client: GridsealClient, enrolment: SignedEnrolment): Promise<string> =>
  relay(client, '/v1/devices/enrolments', enrolment);

/** Has the service send a revocation, which pays the gas. Returns the reference of the call. */
export const revokeDevice = (client: GridsealClient, revocation: SignedRevocation): Promise<string> =>
  relay(client, '/v1/devices/revocations', revocation);

/** Has the service send both at once, or neither: one key in place of another. Returns the reference of the call. */
export const rotateDevice = (
  client: GridsealClient,
  rotation: { readonly revocation: SignedRevocation; readonly enrolment: SignedEnrolment },
): Promise<string> => relay(client, '/v1/devices/rotations', rotation);

/** Keys of an identity. */
export const listKeys = async (
  client: GridsealClient,
  { identity }: { readonly identity: Hex },
): Promise<readonly EnrolledKey[]> => {
  const response = await client.request({ path: '/v1/devices', query: { identity } });
  return (await readJson(response, devicesSchema)).devices;
};

/** Stores a profile with the service and returns its hash, which enrolment and batches cite. */
export const storeProfile = async (client: GridsealClient, profile: Profile): Promise<Hex> => {
  const response = await client.request({
    method: 'POST',
    path: '/v1/profiles',
    body: formatProfile(profile),
  });
  return (await readJson(response, z.object({ profile: hexSchema }))).profile;
};
