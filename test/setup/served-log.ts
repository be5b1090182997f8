import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { domainOf, fromHex, toHex, type Domain, type IngestItem } from '@gridseal/protocol';
import { INGEST_MEDIA_TYPE, encodeIngestBody } from '@gridseal/protocol/payload/ingest-body';
import { createGridsealClient, getTrust, type GridsealClient } from '@gridseal/sdk';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';
import { asProfile, ensureEnrolled, hashOfProfile } from '../../edge/gateway/enrol.ts';
import { createTestDevice, secp256k1Key, type TestDevice } from './devices.ts';
import { createTestDatabase, createTestFolder, type TestDatabase } from './postgres.ts';
import { startService } from './service.ts';

/** The whole service, with a device that was enrolled on its chain. */
export type ServedLog = {
  readonly url: string;
  readonly rpcUrl: string;
  readonly dataDir: string;
  readonly pid: number;
  readonly postgres: TestDatabase;
  /** Signs batches and sends them; resolves when they are in a published checkpoint. */
  readonly fill: (batches: number) => Promise<void>;
  /** Resolves when the payloads of that many batches are in the content store. */
  readonly stored: (payloads: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const BATCHES_A_REQUEST = 1_000;
const PATIENCE_MS = 120_000;
const LOOK_MS = 100;

const PROFILE = asProfile({
  format: 'gridseal-profile/1',
  channels: [
    { channel: 1, quantity: 'active-energy-import', scale: 0, sign: '+ = taken from the grid', unit: 'Wh' },
  ],
});

/** @param env more variables of docs/configuration.md */
export async function serveLog(env: Readonly<Record<string, string>> = {}): Promise<ServedLog> {
  const postgres = await createTestDatabase();
  const folder = await createTestFolder();
  const dataDir = join(folder.path, 'service');
  const service = await startService({
    dataDir,
    env: {
      DATABASE_URL: postgres.database.url,
      RPC_PORT: '0',
      MQTT_PORT: '0',
      LOG_LEVEL: 'warn',
      RATE_LIMIT_READ: 'off',
      RATE_LIMIT_WRITE: 'off',
      ANCHOR_INTERVAL_MS: '2000',
      ...env,
    },
  });
  const client = createGridsealClient({ url: service.url });
  const { device, domain } = await enrolledDevice(client);

  return {
    url: service.url,
    rpcUrl: service.rpcUrl,
    dataDir,
    pid: service.process.pid ?? 0,
    postgres,
    fill: async (batches) => {
      for (let sent = 0; sent < batches; sent += BATCHES_A_REQUEST) {
        await send(service.url, device, domain, Math.min(BATCHES_A_REQUEST, batches - sent));
      }
      await until(`${batches} entries are published`, async () => {
        const [, size] = (await (await fetch(`${service.url}/log/checkpoint`)).text()).split('\n');
        return Number(size) >= batches;
      });
    },
    stored: (payloads) =>
      until(`${payloads} payloads are stored`, async () => {
        const answer = await fetch(`${service.url}/v1/segments`);
        const { segments } = (await answer.json()) as { segments: { payloads: number }[] };
        return segments.reduce((sum, segment) => sum + segment.payloads, 0) >= payloads;
      }),
    stop: async () => {
      await service.stop();
      await postgres.close();
      await folder.remove();
    },
  };
}

/** A device that was enrolled through a service, and the domain it signs for. */
export type EnrolledDevice = {
  readonly device: TestDevice;
  readonly domain: Domain;
  /** For a registry that has forgotten it. */
  readonly enrolAgain: (client: GridsealClient) => ReturnType<typeof ensureEnrolled>;
};

/** Enrols a new device. @param now its owner's clock, by which the enrolment runs out */
export const enrolledDevice = async (
  client: GridsealClient,
  now: () => number = Date.now,
): Promise<EnrolledDevice> => {
  const [ours, theirs] = [randomBytes(32), randomBytes(32)].map((seed) => new Uint8Array(seed));
  const key = deviceKeyFrom('secp256k1', ours!);
  const owner = deviceKeyFrom('secp256k1', theirs!);
  const enrolment = { key, owner, identity: key.firstIdentity, profile: PROFILE };
  await ensureEnrolled({ ...enrolment, client, now });
  const { chainId, evidenceLog, logs } = await getTrust(client);
  const domain = domainOf({
    chainId: BigInt(chainId),
    evidenceLog: fromHex(evidenceLog.address),
    logId: fromHex(logs[0]!.logId),
  });
  return {
    device: createTestDevice(secp256k1Key(ours)),
    domain,
    enrolAgain: (where) => ensureEnrolled({ ...enrolment, client: where, now: Date.now }),
  };
};

/** The device's next batches, of one reading each. */
export const nextBatches = (device: TestDevice, domain: Domain, count: number): IngestItem[] => {
  const profile = hashOfProfile(PROFILE);
  return Array.from({ length: count }, () => {
    const timeMs = BigInt(Date.now());
    const readings = [{ timeMs, channel: 1, quality: 0, value: 230n }];
    const { authorPart, payload } = device.next({ readings, header: { timeMs }, body: { profile }, domain });
    return { authorPart, batchKey: payload!.batchKey, columnar: payload!.columnar };
  });
};

const send = async (url: string, device: TestDevice, domain: Domain, count: number): Promise<void> => {
  const items = nextBatches(device, domain, count);
  const response = await fetch(`${url}/v1/batches`, {
    method: 'POST',
    headers: { 'content-type': INGEST_MEDIA_TYPE },
    body: Buffer.from(encodeIngestBody(items)),
  });
  const answer = (await response.json()) as { results?: readonly { status: string }[] };
  const refused = answer.results?.find(({ status }) => status !== 'accepted');
  if (answer.results?.length !== count || refused !== undefined) {
    throw new Error(`batches of ${toHex(device.key.identity)}: ${JSON.stringify(refused ?? answer)}`);
  }
};

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + PATIENCE_MS; !(await holds());) {
    if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
    await sleep(LOOK_MS);
  }
};
