import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPublicClient, createTestClient, http, type PublicClient, type TestClient } from 'viem';
import { freePort } from '../../backend/adapters/net/free-port.ts';

const ARCHITECTURE: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

const anvilBinary = (): string => {
  const require = createRequire(import.meta.url);
  const name = `@foundry-rs/anvil-${process.platform}-${ARCHITECTURE[process.arch] ?? process.arch}`;
  const wrapper = createRequire(require.resolve('@foundry-rs/anvil/package.json'));
  return join(dirname(wrapper.resolve(`${name}/package.json`)), 'bin', 'anvil');
};

/** A real EVM node of one's own, with the cheats that faults need: reorganisations, withheld blocks. */
export type TestChain = {
  readonly url: string;
  readonly client: PublicClient;
  readonly cheat: TestClient<'anvil'>;
  readonly stop: () => Promise<void>;
};

/**
 * Starts Anvil on a free port.
 *
 * @example
 * const chain = await startTestChain();
 * after(chain.stop);
 */
export const startTestChain = async (): Promise<TestChain> => {
  const port = await freePort();
  const child = spawn(anvilBinary(), ['--port', String(port), '--silent'], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  const transport = http(url, { retryCount: 0 });
  const client = createPublicClient({ transport, pollingInterval: 50, cacheTime: 0 });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  for (let attempt = 0; ; attempt += 1) {
    const up = await client.getChainId().then(
      () => true,
      () => false,
    );
    if (up) break;
    if (attempt === 200) {
      await stop();
      throw new Error('anvil does not answer');
    }
    await delay(50);
  }
  return { url, client, cheat: createTestClient({ mode: 'anvil', transport }), stop };
};
