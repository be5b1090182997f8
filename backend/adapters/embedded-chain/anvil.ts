import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A JSON-RPC error of the node. `code` is the node's own. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(error: { readonly code: number; readonly message: string; readonly data?: unknown }) {
    super(error.message);
    this.name = 'RpcError';
    this.code = error.code;
    this.data = error.data;
  }
}

/** Why the local node does not run. */
export class AnvilError extends Error {
  readonly code:
    'anvil-missing' | 'anvil-exited' | 'anvil-timed-out' | 'anvil-unreachable' | 'state-unreadable';
  constructor(code: AnvilError['code'], detail: string, cause?: unknown) {
    super(detail, { cause });
    this.name = 'AnvilError';
    this.code = code;
  }
}

/** A running node. Only {@link Anvil.call} speaks to it; the port is its own secret. */
export type Anvil = {
  readonly url: string;
  readonly call: (method: string, params?: readonly unknown[]) => Promise<unknown>;
  /** Resolves when the process is gone, however that came. */
  readonly exited: Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Fixed, so that the genesis block is the same on every machine. */
const GENESIS_TIME = 1_700_000_000;
const CHAIN_ID = 31_337;

/** Blocks with transactions that stay readable, and states that can still be proven. */
const KEPT_BLOCKS = 4_096;
const KEPT_STATES = 64;
const START_TIMEOUT_MS = 30_000;

/**
 * Ends the node when this process is gone, a `kill -9` included: its standard input closes then,
 * and nothing else watches it.
 */
const WATCH =
  'exec 3<&0; "$@" </dev/null 3<&- & child=$!; (cat <&3 >/dev/null; kill -9 "$child" 2>/dev/null) & wait "$child"';

const locate = (): string => {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${architecture}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'));
    const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil';
    return join(require.resolve(`${name}/package.json`), '..', 'bin', file);
  } catch (error) {
    throw new AnvilError('anvil-missing', `${name} is not installed: this platform needs RPC_URL`, error);
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : Number.NaN;
};

const spawnWatched = async (port: number, logFile: string): Promise<ChildProcess> => {
  const parameters = [
    ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(CHAIN_ID), '--hardfork', 'osaka'],
    ...['--timestamp', String(GENESIS_TIME), '--no-mining', '--no-cors', '--silent'],
    // A state is loaded in one request, and grows with the chain beyond the two megabytes of the default.
    '--no-request-size-limit',
    ...['--transaction-block-keeper', String(KEPT_BLOCKS), '--prune-history', String(KEPT_STATES)],
  ];
  const log = await open(logFile, 'a', 0o600);
  try {
    const stdio = ['pipe', log.fd, log.fd] as const;
    return process.platform === 'win32'
      ? spawn(locate(), parameters, { stdio: [...stdio] })
      : spawn('/bin/sh', ['-c', WATCH, 'sh', locate(), ...parameters], { stdio: [...stdio], detached: true });
  } finally {
    await log.close();
  }
};

type RpcAnswer = {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
};

const caller = (url: string): Anvil['call'] => {
  let id = 0;
  return async (method, params = []) => {
    id += 1;
    let answer: RpcAnswer;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
      });
      answer = (await response.json()) as RpcAnswer;
    } catch (error) {
      throw new AnvilError('anvil-unreachable', `the local chain does not answer ${method}`, error);
    }
    if (answer.error !== undefined) throw new RpcError(answer.error);
    return answer.result;
  };
};

/** Starts a node with an empty chain and waits until it answers. It mines when told to only. */
export const startAnvil = async (logFile: string): Promise<Anvil> => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = await spawnWatched(Number(new URL(url).port), logFile);
  const call = caller(url);
  const gone = new AbortController();
  const exited = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      gone.abort();
      child.stdin?.destroy();
      resolve();
    });
  });
  child.stdin?.on('error', () => undefined);
  const stop = async (): Promise<void> => {
    if (process.platform === 'win32') child.kill();
    child.stdin?.end();
    await exited;
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await call('eth_chainId');
      return { url, call, exited, stop };
    } catch (error) {
      if (gone.signal.aborted)
        throw new AnvilError('anvil-exited', `the local chain ended while starting (see ${logFile})`, error);
      if (Date.now() > deadline) {
        await stop();
        throw new AnvilError(
          'anvil-timed-out',
          `the local chain did not start in time (see ${logFile})`,
          error,
        );
      }
      await Promise.race([exited, delay(20)]);
    }
  }
};
