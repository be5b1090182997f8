import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { privateKeyToAccount } from 'viem/accounts';
import { developmentKeys } from '../../backend/adapters/keys/key-files.ts';
import { freePort } from '../../backend/adapters/net/free-port.ts';
import { root } from '../../scripts/paths.ts';
import { startTestChain, type TestChain } from '../setup/anvil.ts';
import { createEmptyTestDatabase, createTestFolder, type TestDatabase } from '../setup/postgres.ts';

/** Lets a port lead to another one: the part behind it is there from now on. */
const forward = async (from: number, to: string): Promise<Server> => {
  const { hostname, port } = new URL(to);
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.listen(from, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const through = (url: string, port: number): string => {
  const moved = new URL(url);
  moved.hostname = '127.0.0.1';
  moved.port = String(port);
  return moved.href;
};

describe('a service whose parts are not there yet', () => {
  let chain: TestChain;
  let postgres: TestDatabase;
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  const forwards: Server[] = [];
  const services: ChildProcess[] = [];

  before(async () => {
    [chain, postgres, folder] = await Promise.all([
      startTestChain(),
      createEmptyTestDatabase(),
      createTestFolder(),
    ]);
    const { owner, anchor } = developmentKeys();
    for (const key of [owner, anchor])
      await chain.cheat.setBalance({ address: privateKeyToAccount(key).address, value: 10n ** 20n });
  });
  after(async () => {
    for (const service of services.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    )) {
      service.kill('SIGKILL');
      await once(service, 'exit');
    }
    for (const server of forwards) server.close();
    await Promise.all([chain.stop(), postgres.close()]);
    await folder.remove();
  });

  const start = (env: Readonly<Record<string, string>>) => {
    const service = spawn(process.execPath, [join(root, 'backend/main.ts')], {
      cwd: root,
      env: { ...process.env, PORT: '0', MQTT_PORT: '0', KEYS: 'development', DATA_DIR: folder.path, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    services.push(service);
    const lines: string[] = [];
    const changed = new Set<() => void>();
    const exited = once(service, 'exit');
    const see = (line: string): void => {
      lines.push(line);
      for (const tell of changed) tell();
    };
    for (const stream of [service.stdout, service.stderr]) createInterface({ input: stream }).on('line', see);
    const says = (pattern: RegExp) => {
      const seen = new Promise<void>((resolve) => {
        const look = () => {
          if (!lines.some((line) => pattern.test(line))) return;
          changed.delete(look);
          resolve();
        };
        changed.add(look);
        look();
      });
      const ended = exited.then(([code]) => {
        throw new Error(`it ended with ${String(code)}:\n${lines.slice(-5).join('\n')}`);
      });
      return Promise.race([seen, ended]);
    };
    return { service, says, exited, lines };
  };

  it('waits for a database and a chain that come late, and then starts [D2]', async () => {
    const [databasePort, chainPort] = [await freePort(), await freePort()];
    const { service, says, exited, lines } = start({
      DATABASE_URL: through(postgres.url, databasePort),
      RPC_URL: through(chain.url, chainPort),
      DEPLOY: 'contracts',
    });
    await says(/waiting for the database, which does not answer \(ECONNREFUSED\)/u);
    forwards.push(await forward(databasePort, postgres.url));
    await says(/waiting for the chain, which cannot be reached/u);
    forwards.push(await forward(chainPort, chain.url));
    await says(/"ready":true/u);
    const waits = lines.filter((line) => line.includes('waitingFor'));
    assert.doesNotMatch(waits.join('\n'), /127\.0\.0\.1/u);
    service.kill('SIGTERM');
    assert.equal((await exited)[0], 0);
  });

  it('ends at once when it is asked to while it waits [D2]', async () => {
    const { service, says, exited } = start({
      DATABASE_URL: through(postgres.url, await freePort()),
      RPC_URL: chain.url,
    });
    await says(/waiting for the database/u);
    service.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  });
});
