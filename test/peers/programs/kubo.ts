import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from './daemon.ts';
import { freePorts } from './ports.ts';
import { runOrThrow } from './run.ts';

export type Kubo = {
  readonly apiUrl: string;
  /** Runs an `ipfs` command against the daemon; its output. */
  readonly ipfs: (...args: string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
};

/** A Kubo node with an empty repository, alone: it talks to no other node. */
export async function startKubo(path: string): Promise<Kubo> {
  const folder = await mkdtemp(join(tmpdir(), 'gridseal-kubo-'));
  const env = { IPFS_PATH: folder, IPFS_TELEMETRY: 'off' };
  const [api = 0, gateway = 0, swarm = 0] = await freePorts(3);
  const ipfs = async (...args: string[]): Promise<string> => (await runOrThrow(path, args, { env })).stdout;
  await ipfs('init', '--empty-repo');
  const setting = (name: string, value: unknown) => ipfs('config', '--json', name, JSON.stringify(value));
  await setting('Addresses.API', `/ip4/127.0.0.1/tcp/${api}`);
  await setting('Addresses.Gateway', `/ip4/127.0.0.1/tcp/${gateway}`);
  await setting('Addresses.Swarm', [`/ip4/127.0.0.1/tcp/${swarm}`]);
  await setting('Bootstrap', []);
  await setting('AutoConf.Enabled', false);
  const apiUrl = `http://127.0.0.1:${api}`;
  const daemon = await startDaemon(path, ['daemon', '--offline'], {
    env,
    isReady: async () => (await fetch(`${apiUrl}/api/v0/version`, { method: 'POST' })).ok,
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { apiUrl, ipfs, stop };
}
