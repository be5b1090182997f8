import { randomBytes } from 'node:crypto';
import { domainOf, fromHex, toHex, type Domain, type Hex, type Reading } from '@gridseal/protocol';
import { encodeIngestBody } from '@gridseal/protocol/payload/ingest-body';
import { getTrust, type GridsealClient } from '@gridseal/sdk';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';
import { asProfile, ensureEnrolled, hashOfProfile } from '../../edge/gateway/enrol.ts';
import { createTestDevice, secp256k1Key, type TestDevice } from '../../test/setup/devices.ts';

/** A request as it goes over the wire, and the digests of its batches. */
export type PreparedRequest = { readonly body: Buffer; readonly digests: readonly Hex[] };

const PROFILE = asProfile({
  format: 'gridseal-profile/1',
  channels: [{ channel: 1, quantity: 'active-power', scale: 0, sign: '+ = taken from the grid', unit: 'W' }],
});

/** Devices that are enrolled on the service's chain, and the domain they sign for. */
export type Fleet = { readonly devices: readonly TestDevice[]; readonly domain: Domain };

/** Enrols devices, each under an owner of its own. */
export const enrolFleet = async (client: GridsealClient, count: number): Promise<Fleet> => {
  const seeds = Array.from({ length: count }, () => new Uint8Array(randomBytes(32)));
  for (const seed of seeds) {
    const key = deviceKeyFrom('secp256k1', seed);
    const owner = deviceKeyFrom('secp256k1', new Uint8Array(randomBytes(32)));
    await ensureEnrolled({
      client,
      key,
      owner,
      identity: key.firstIdentity,
      profile: PROFILE,
      now: Date.now,
    });
  }
  const { chainId, evidenceLog, logs } = await getTrust(client);
  const domain = domainOf({
    chainId: BigInt(chainId),
    evidenceLog: fromHex(evidenceLog.address),
    logId: fromHex(logs[0]?.logId ?? '0x'),
  });
  return { devices: seeds.map((seed) => createTestDevice(secp256k1Key(seed))), domain };
};

/** A load that a meter could have measured: it wanders, so that it compresses as telemetry does. */
const readingsOf = (count: number, endMs: number): Reading[] => {
  let value = 2_000n;
  return Array.from({ length: count }, (_, i) => {
    value += BigInt((randomBytes(1)[0] ?? 0) % 41) - 20n;
    return { timeMs: BigInt(endMs - 1_000 * (count - 1 - i)), channel: 1, quality: 0, value };
  });
};

/** Signs batches and packs them into requests. */
export const prepareRequests = (
  { devices, domain }: Fleet,
  shape: { readonly requests: number; readonly batches: number; readonly readings: number },
): PreparedRequest[] => {
  const profile = hashOfProfile(PROFILE);
  return Array.from({ length: shape.requests }, (_, i) => {
    const signed = Array.from({ length: shape.batches }, (__, j) => {
      const device = devices[(i * shape.batches + j) % devices.length];
      if (device === undefined) throw new RangeError('a fleet without devices');
      const endMs = Date.now();
      const readings = readingsOf(shape.readings, endMs);
      return device.next({ readings, header: { timeMs: BigInt(endMs) }, body: { profile }, domain });
    });
    const items = signed.map(({ authorPart, payload }) => {
      if (payload === undefined) throw new RangeError('a batch without a payload');
      return { authorPart, batchKey: payload.batchKey, columnar: payload.columnar };
    });
    return {
      body: Buffer.from(encodeIngestBody(items)),
      digests: signed.map(({ digest }) => toHex(digest)),
    };
  });
};
