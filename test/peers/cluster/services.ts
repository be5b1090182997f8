import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateKeyToAddress } from 'viem/accounts';
import { startService, type RunningService } from '../../setup/service.ts';
import { HAPROXY, ingestOf, startHaproxy } from '../programs/haproxy.ts';
import { freePorts } from '../programs/ports.ts';
import type { Geth } from '../programs/geth.ts';

/** Several processes of the service on one log, behind one address. */
export type Services = {
  /** Where devices and readers come: the balancer. */
  readonly url: string;
  /** Each process itself. */
  readonly urls: readonly string[];
  /** Folders of the processes, each its own. */
  readonly folders: readonly string[];
  /** The process that sequences, by what it says of itself; undefined while none does. */
  readonly leader: () => Promise<number | undefined>;
  readonly kill: (which: number) => Promise<void>;
  readonly start: (which: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Keys that all processes of a log have in common, as files that are there before the first one starts. */
const makeKeys = async (folder: string, chain: Geth): Promise<Readonly<Record<string, string>>> => {
  await mkdir(folder, { mode: 0o700 });
  const files: Record<string, string> = {};
  for (const name of ['operator', 'anchor', 'owner', 'note', 'api'] as const) {
    const key = `0x${randomBytes(32).toString('hex')}` as const;
    const file = join(folder, name === 'api' ? 'api.token' : `${name}.key`);
    await writeFile(file, `${key}\n`, { mode: 0o600 });
    files[name === 'api' ? 'API_TOKEN_FILE' : `${name.toUpperCase()}_KEY_FILE`] = file;
    if (name === 'anchor' || name === 'owner') await chain.fund([privateKeyToAddress(key)]);
  }
  return { ...files, PERIOD_KEY_DIR: join(folder, 'period-keys') };
};

/** The balancer has seen that there is somebody to send to. */
const untilServed = async (url: string): Promise<void> => {
  for (const end = Date.now() + 60_000; ;) {
    if ((await fetch(`${url}/health`)).status === 200) return;
    if (Date.now() > end) throw new Error('the balancer sends to nobody');
    await sleep(100);
  }
};

/** Starts so many processes, and HAProxy before them. @param env what they share: database, chain, content store, broker */
export const startServices = async (options: {
  readonly count: number;
  readonly folder: string;
  readonly chain: Geth;
  readonly env: Readonly<Record<string, string>>;
}): Promise<Services> => {
  const { count, folder, chain } = options;
  if (HAPROXY === undefined) throw new Error('no HAProxy: apt-get install haproxy');
  const shared = {
    ...(await makeKeys(join(folder, 'keys'), chain)),
    ...options.env,
    RPC_URL: chain.rpcUrl,
    DEPLOY: 'contracts',
    GUARDIANS: `0x${'99'.repeat(20)}`,
    DATABASE_REPLICATION: 'synchronous',
    DATABASE_POOL_SIZE: '10',
    INGEST_WORKERS: '1',
    TRUSTED_PROXIES: '1',
    RATE_LIMIT_READ: 'off',
    RATE_LIMIT_WRITE: 'off',
    LOG_LEVEL: 'warn',
  };
  const [port = 0, ...ports] = await freePorts(1 + count);
  const folders = ports.map((_, i) => join(folder, `service-${i + 1}`));
  const urls = ports.map((each) => `http://127.0.0.1:${each}`);
  const running = new Map<number, RunningService>();
  const start = async (which: number): Promise<void> => {
    const service = await startService({
      dataDir: folders[which]!,
      env: { ...shared, PORT: String(ports[which]) },
    });
    running.set(which, service);
  };
  const balancer = await startHaproxy(HAPROXY, folder, port, [
    ingestOf(
      port,
      ports.map((each, i) => ({ name: `ingest-${i + 1}`, port: each, check: each })),
    ),
  ]);
  const stop = async (): Promise<void> => {
    await balancer.stop();
    await Promise.all([...running.values()].map((service) => service.stop()));
  };
  try {
    // The first one makes the log; the others find it.
    await start(0);
    await Promise.all(ports.slice(1).map((_, i) => start(i + 1)));
    await untilServed(`http://127.0.0.1:${port}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    urls,
    folders,
    leader: async () => {
      const leads = await Promise.all(
        urls.map(async (url) => {
          const answer = await fetch(`${url}/health`).catch(() => undefined);
          const health = (await answer?.json()) as
            { parts: { sequencer?: { figures?: { leading?: number } } } } | undefined;
          return health?.parts.sequencer?.figures?.leading === 1;
        }),
      );
      const found = leads.indexOf(true);
      return found === -1 ? undefined : found;
    },
    kill: async (which) => {
      const service = running.get(which);
      running.delete(which);
      await service?.kill();
    },
    start,
    stop,
  };
};
