import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DurableFiles } from '../durable-file/durable-files.ts';
import type { Logger } from '../logger/logger.ts';
import { type Anvil, AnvilError, RpcError, startAnvil } from './anvil.ts';
import { createReadWriteLock } from './read-write-lock.ts';

/**
 * A node whose every visible block is on the disk. Between mining and the end of the durable write
 * nobody can ask it anything, and when the write fails it falls back to the last durable block.
 */
export type DurableNode = {
  /** Answers a call that changes nothing. */
  readonly read: (method: string, params: readonly unknown[]) => Promise<unknown>;
  /** Takes a signed transaction; resolves to its hash when the block that holds it is durable. */
  readonly send: (rawTransaction: unknown) => Promise<unknown>;
  /** Gives accounts a balance in wei where theirs is less than half of it. */
  readonly fund: (addresses: readonly string[], wei: bigint) => Promise<void>;
  /** Runs node administration alone, then makes the outcome durable. For tests. */
  readonly administer: <T>(work: (call: Anvil['call']) => Promise<T>) => Promise<T>;
  readonly figures: () => { readonly stateBytes: number; readonly restarts: number };
  readonly stop: () => Promise<void>;
};

/** Between attempts to start a node again, doubled from the one to the other. */
const RESTART_PAUSE_MS = { first: 500, longest: 10_000 } as const;

const toBytes = (hex: unknown): Uint8Array => {
  if (typeof hex !== 'string') throw new AnvilError('anvil-unreachable', 'the local chain gave no state');
  return Buffer.from(hex.slice(2), 'hex');
};

const NEW_CHAIN =
  'start without it, and what it held is sent to a new chain as far as the database knows it (docs/guide/recovery.md)';

const unreadable = (stateFile: string, cause: RpcError): AnvilError =>
  new AnvilError(
    'state-unreadable',
    `${stateFile} is no state of the local chain: put a copy of it back, or move it away and ${NEW_CHAIN}`,
    cause,
  );

const missing = (stateFile: string): AnvilError =>
  new AnvilError(
    'state-missing',
    `${stateFile} was there and is gone: put it back, or stop the service and ${NEW_CHAIN}`,
  );

/**
 * Starts the node from its durable state.
 *
 * @param options.folder where `state` is kept
 */
export const startDurableNode = async (options: {
  readonly folder: string;
  readonly files: DurableFiles;
  readonly logger: Logger;
}): Promise<DurableNode> => {
  const { folder, files, logger } = options;
  const stateFile = join(folder, 'state');
  const lock = createReadWriteLock();
  /** Undefined while none runs that holds the durable state. */
  let anvil: Anvil | undefined;
  let stopping = false;
  let stateBytes = 0;
  let restarts = 0;

  const load = async (fresh: Anvil): Promise<void> => {
    const state = await files.read(stateFile);
    // A chain does not begin anew under those who are reading it.
    if (state === undefined && stateBytes > 0) throw missing(stateFile);
    if (state !== undefined) {
      stateBytes = state.length;
      await fresh
        .call('anvil_loadState', [`0x${Buffer.from(state).toString('hex')}`])
        .catch((cause: unknown) => {
          throw cause instanceof RpcError ? unreadable(stateFile, cause) : cause;
        });
    }
    const latest = (await fresh.call('eth_getBlockByNumber', ['latest', false])) as { timestamp: string };
    await fresh.call('evm_setTime', [Math.max(Math.floor(Date.now() / 1_000), Number(latest.timestamp))]);
  };

  const restore = async (): Promise<void> => {
    const fresh = await startAnvil(join(folder, 'anvil.log'));
    try {
      await load(fresh);
    } catch (error) {
      await fresh.stop();
      throw error;
    }
    anvil = fresh;
    supervise(fresh);
  };

  const call: Anvil['call'] = async (method, params) => {
    if (anvil === undefined)
      throw new AnvilError(
        'anvil-unreachable',
        'the local chain does not start; the log of the service says why',
      );
    return anvil.call(method, params);
  };

  const supervise = (watched: Anvil): void => {
    void watched.exited.then(async () => {
      if (stopping || watched !== anvil) return;
      logger.error('the local chain ended by itself and is started again from its last durable block');
      await lock.write(async () => {
        if (watched === anvil) await restart();
      });
    });
  };

  /** Holds the lock for one attempt: between them, who asks is told that nobody answers. */
  const restart = async (pauseMs: number = RESTART_PAUSE_MS.first): Promise<void> => {
    anvil = undefined;
    if (stopping) return;
    restarts += 1;
    try {
      await restore();
    } catch (error) {
      logger.error({ err: error, againInMs: pauseMs }, 'the local chain does not start');
      void delay(pauseMs).then(() =>
        lock.write(() => restart(Math.min(2 * pauseMs, RESTART_PAUSE_MS.longest))),
      );
    }
  };

  /** Runs what makes a block, and the durable write after it, as one: both, or neither is seen. */
  const seal = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      const result = await work();
      const state = toBytes(await call('anvil_dumpState', [true]));
      await files.write(stateFile, state);
      stateBytes = state.length;
      return result;
    } catch (error) {
      logger.error({ err: error }, 'a block could not be made durable and is taken back');
      const abandoned = anvil;
      // One that does not run is being started again already.
      if (abandoned !== undefined) {
        await restart();
        await abandoned.stop();
      }
      throw error;
    }
  };

  const hasPending = async (): Promise<boolean> => {
    const { pending } = (await call('txpool_status')) as { pending: string };
    return BigInt(pending) > 0n;
  };

  const administer: DurableNode['administer'] = (work) => lock.write(() => seal(() => work(call)));

  await mkdir(folder, { recursive: true, mode: 0o700 });
  await restore();
  return {
    read: (method, params) => lock.read(() => call(method, params)),
    send: (rawTransaction) =>
      lock.write(async () => {
        const hash = await call('eth_sendRawTransaction', [rawTransaction]);
        if (await hasPending()) await seal(() => call('evm_mine'));
        return hash;
      }),
    fund: async (addresses, wei) => {
      const balances = await lock.read(() =>
        Promise.all(
          addresses.map(async (address) => BigInt(String(await call('eth_getBalance', [address, 'latest'])))),
        ),
      );
      const poor = addresses.filter((_, index) => 2n * (balances[index] ?? 0n) < wei);
      if (poor.length === 0) return;
      await administer(async () => {
        // Anvil keeps the state of a block when the next one is mined: a balance set before that would be in it, and no
        // proof of the block would hold.
        await call('evm_mine');
        for (const address of poor) await call('anvil_setBalance', [address, `0x${wei.toString(16)}`]);
        await call('evm_mine');
      });
    },
    administer,
    figures: () => ({ stateBytes, restarts }),
    stop: async () => {
      // Said before its turn comes: nothing is started again from here on.
      stopping = true;
      await lock.write(async () => anvil?.stop());
    },
  };
};
