import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toHex } from '@gridseal/protocol/bytes';
import { ingestRoutes } from '../../backend/features/ingest/routes.ts';
import { logRoutes } from '../../backend/features/log/routes.ts';
import { createApplication } from '../../backend/http/server.ts';
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
  readonly stop: () => Promise<void>;
};

const BATCHES_A_REQUEST = 1_000;

export async function serveLog(): Promise<ServedLog> {
  const postgres = await createTestDatabase();
  const folder = await createTestFolder();
  const log = await createTestLog();
  const ingest = createTestIngest(log, postgres.database);
  const sequencer = await startTestSequencer(log, postgres.database, folder.path);
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
      ...logRoutes(createTestReader(log, postgres.database), log.verifierKey),
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
