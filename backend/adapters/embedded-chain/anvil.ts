import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LoggedProcess, spawnLogged } from '../child-process/spawn-logged.ts';
import { freePort } from '../net/free-port.ts';

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
    | 'anvil-missing'
    | 'anvil-exited'
    | 'anvil-timed-out'
    | 'anvil-unreachable'
    | 'state-unreadable'
    | 'state-missing';
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

const spawnWatched = (port: number, logFile: string): Promise<LoggedProcess> => {
  const parameters = [
    ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(CHAIN_ID), '--hardfork', 'osaka'],
    ...['--timestamp', String(GENESIS_TIME), '--no-mining', '--no-cors', '--silent'],
    // A state is loaded in one request, and grows with the chain beyond the two megabytes of the default.
    '--no-request-size-limit',
    ...['--transaction-block-keeper', String(KEPT_BLOCKS), '--prune-history', String(KEPT_STATES)],
  ];
  return process.platform === 'win32'
    ? spawnLogged(locate(), parameters, { logFile, stdin: 'pipe' })
    : spawnLogged('/bin/sh', ['-c', WATCH, 'sh', locate(), ...parameters], {
        logFile,
        stdin: 'pipe',
        detached: true,
      });
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
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { child, ended, ending } = await spawnWatched(port, logFile);
  const call = caller(url);
  const exited = ended.then(() => {
    child.stdin?.destroy();
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
      if (ending() !== undefined)
        throw new AnvilError(
          'anvil-exited',
          `the local chain ${ending()} while starting (see ${logFile})`,
          error,
        );
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
