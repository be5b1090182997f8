import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { toHex } from '@gridseal/protocol/bytes';
import { createDurableFiles } from '../../backend/adapters/durable-file/durable-files.ts';
import { openDiskStore } from '../../backend/adapters/ipfs/disk-store.ts';
import { ingestRoutes } from '../../backend/features/ingest/routes.ts';
import { logRoutes } from '../../backend/features/log/routes.ts';
import { createPayloadMover } from '../../backend/features/payloads/mover.ts';
import { createPostgresPayloadSource } from '../../backend/features/payloads/postgres-source.ts';
import { payloadRoutes } from '../../backend/features/payloads/routes.ts';
import { createSegments } from '../../backend/features/payloads/segments.ts';
import type { ContentStore } from '../../backend/features/payloads/types.ts';
import { createApplication } from '../../backend/http/server.ts';
import { NO_WITNESSES } from '../../backend/features/witness/none.ts';
import { INGEST_MEDIA_TYPE, encodeIngestBody } from '@gridseal/protocol/payload/ingest-body';
import { createTestDevice, minuteReadings, testDomain } from '../setup/devices.ts';
import { createTestIngest, createTestLog, createTestReader, startTestSequencer } from '../setup/log-node.ts';
import { createTestDatabase, createTestFolder, testLogger, type TestDatabase } from '../setup/postgres.ts';

/** The service's own ingest, sequencer and log files over HTTP, with a device that it knows. */
export type ServedLog = {
  readonly url: string;
  readonly verifierKey: string;
  readonly postgres: TestDatabase;
  /** Signs batches and sends them; resolves when they are in a published checkpoint. */
  readonly fill: (batches: number) => Promise<void>;
  /** Moves the payloads of everything published into the content store. */
  readonly storePayloads: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const BATCHES_A_REQUEST = 1_000;

/** @param openStore opens the content store; the blockstore on disk unless given */
export async function serveLog(openStore?: () => ContentStore): Promise<ServedLog> {
  const postgres = await createTestDatabase();
  const folder = await createTestFolder();
  const store =
    openStore?.() ??
    (await openDiskStore({ folder: join(folder.path, 'blocks'), files: createDurableFiles() }));
  const log = await createTestLog();
  const ingest = createTestIngest(log, postgres.database);
  const sequencer = await startTestSequencer(log, postgres.database, folder.path);
  const reader = createTestReader(log, postgres.database);
  const segments = createSegments(postgres.database);
  const publishedSize = async (): Promise<bigint> => (await reader.head())?.size ?? 0n;
  const source = createPostgresPayloadSource(postgres.database, reader);
  const mover = createPayloadMover({ source, store, segments, publishedSize, logger: testLogger });
  const application = createApplication({
    config: {
      host: '127.0.0.1',
      port: 0,
      maxBodyBytes: 16_777_216,
      requestTimeoutMs: 30_000,
      shutdownTimeoutMs: 1_000,
      trustedProxies: 0,
      rateLimits: { readPerMinute: undefined, writePerMinute: undefined },
    },
    logger: testLogger,
    routes: [
      ...ingestRoutes({ ingest, logId: toHex(testDomain.logId), maxBatches: BATCHES_A_REQUEST }),
      ...logRoutes(reader, log.verifierKey, NO_WITNESSES),
      ...payloadRoutes({ store, segments }),
    ],
    operatorToken: 'unused',
    mappers: [],
    observe: () => undefined,
  });
  const server = createServer(application).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const device = createTestDevice();
  log.directory.enrol(device.key);

  const send = async (count: number): Promise<void> => {
    const items = Array.from({ length: count }, () => {
      const { authorPart, payload } = device.next({ readings: minuteReadings(1) });
      return { authorPart, batchKey: payload!.batchKey, columnar: payload!.columnar };
    });
    const response = await fetch(`${url}/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': INGEST_MEDIA_TYPE },
      body: Buffer.from(encodeIngestBody(items)),
    });
    const answer = (await response.json()) as { results?: readonly { status: string }[] };
    const refused = answer.results?.find(({ status }) => status !== 'accepted');
    if (answer.results?.length !== count || refused !== undefined) {
      throw new Error(`batches were not accepted: ${JSON.stringify(refused ?? answer)}`);
    }
  };

  return {
    url,
    verifierKey: log.verifierKey,
    postgres,
    fill: async (batches) => {
      for (let sent = 0; sent < batches; sent += BATCHES_A_REQUEST) {
        await send(Math.min(BATCHES_A_REQUEST, batches - sent));
      }
      await sequencer.drained();
    },
    storePayloads: async () => mover.moveBelow(await publishedSize()),
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
      await sequencer.stop();
      await ingest.close();
      await postgres.close();
      await folder.remove();
    },
  };
}
