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

const RESTART_PAUSE_MS = 500;

const toBytes = (hex: unknown): Uint8Array => {
  if (typeof hex !== 'string') throw new AnvilError('anvil-unreachable', 'the local chain gave no state');
  return Buffer.from(hex.slice(2), 'hex');
};

const unreadable = (stateFile: string, cause: RpcError): AnvilError =>
  new AnvilError(
    'state-unreadable',
    `${stateFile} is no state of the local chain: put a copy of it back, or move it away and start ` +
      'without it, and what it held is sent to a new chain as far as the database knows it (docs/guide/recovery.md)',
    cause,
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
  let anvil: Anvil;
  let stopping = false;
  let stateBytes = 0;
  let restarts = 0;

  const load = async (fresh: Anvil): Promise<void> => {
    const state = await files.read(stateFile);
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

  const supervise = (watched: Anvil): void => {
    void watched.exited.then(async () => {
      if (stopping || watched !== anvil) return;
      logger.error('the local chain ended by itself and is started again from its last durable block');
      await lock.write(restartUntilItRuns);
    });
  };

  const restartUntilItRuns = async (): Promise<void> => {
    while (!stopping) {
      restarts += 1;
      try {
        await restore();
        return;
      } catch (error) {
        logger.error({ err: error }, 'the local chain does not start');
        await delay(RESTART_PAUSE_MS);
      }
    }
  };

  /** Runs what makes a block, and the durable write after it, as one: both, or neither is seen. */
  const seal = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      const result = await work();
      const state = toBytes(await anvil.call('anvil_dumpState', [true]));
      await files.write(stateFile, state);
      stateBytes = state.length;
      return result;
    } catch (error) {
      logger.error({ err: error }, 'a block could not be made durable and is taken back');
      const abandoned = anvil;
      await restartUntilItRuns();
      await abandoned.stop();
      throw error;
    }
  };

  const hasPending = async (): Promise<boolean> => {
    const { pending } = (await anvil.call('txpool_status')) as { pending: string };
    return BigInt(pending) > 0n;
  };

  const administer: DurableNode['administer'] = (work) => lock.write(() => seal(() => work(anvil.call)));

  await mkdir(folder, { recursive: true, mode: 0o700 });
  await restore();
  return {
    read: (method, params) => lock.read(() => anvil.call(method, params)),
    send: (rawTransaction) =>
      lock.write(async () => {
        const hash = await anvil.call('eth_sendRawTransaction', [rawTransaction]);
        if (await hasPending()) await seal(() => anvil.call('evm_mine'));
        return hash;
      }),
    fund: async (addresses, wei) => {
      const balances = await lock.read(() =>
        Promise.all(
          addresses.map(async (address) =>
            BigInt(String(await anvil.call('eth_getBalance', [address, 'latest']))),
          ),
        ),
      );
      const poor = addresses.filter((_, index) => 2n * (balances[index] ?? 0n) < wei);
      if (poor.length === 0) return;
      await administer(async (call) => {
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
      // Said before it is its turn: who has the lock may be starting the node again, for ever if its disk is gone.
      stopping = true;
      await lock.write(() => anvil.stop());
    },
  };
};
