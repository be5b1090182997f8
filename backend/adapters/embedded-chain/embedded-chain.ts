import { once } from 'node:events';
import type { Server } from 'node:http';
import type { PortChoice } from '../../config.ts';
import type { DurableFiles } from '../durable-file/durable-files.ts';
import type { Logger } from '../logger/logger.ts';
import { type DurableNode, startDurableNode } from './durable-node.ts';
import { createRpcServer } from './proxy.ts';

/** The local EVM chain (id 31337, osaka rules, mining on demand). */
export type EmbeddedChain = {
  /** Its JSON-RPC endpoint on loopback. */
  readonly url: string;
  readonly port: number;
  readonly fund: DurableNode['fund'];
  readonly administer: DurableNode['administer'];
  readonly figures: DurableNode['figures'];
  readonly stop: () => Promise<void>;
};

/** Thrown when the port someone asked for is taken. */
export class RpcPortBusyError extends Error {
  readonly code = 'rpc-port-busy';
  readonly port: number;
  constructor(port: number) {
    super(`port ${port} is in use: choose another RPC_PORT, or leave it out`);
    this.name = 'RpcPortBusyError';
    this.port = port;
  }
}

const PORTS_TRIED = 100;

const tryListen = async (server: Server, port: number): Promise<boolean> => {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false;
    throw error;
  }
};

const listen = async (server: Server, choice: PortChoice): Promise<number> => {
  const tried = choice.kind === 'exact' ? 1 : PORTS_TRIED;
  for (let port = choice.port; port < choice.port + tried; port += 1) {
    if (!(await tryListen(server, port))) continue;
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }
  throw new RpcPortBusyError(choice.port);
};

/**
 * Starts the chain of a folder, where it left off, whatever ended it.
 *
 * @throws RpcPortBusyError, AnvilError
 * @example
 * const chain = await startEmbeddedChain({ folder, files, port: { kind: 'preferred', port: 8545 }, logger });
 * await chain.fund([operatorAddress], 10n ** 21n);
 */
export const startEmbeddedChain = async (options: {
  readonly folder: string;
  readonly files: DurableFiles;
  readonly port: PortChoice;
  readonly logger: Logger;
}): Promise<EmbeddedChain> => {
  const node = await startDurableNode(options);
  const server = createRpcServer(node);
  try {
    const port = await listen(server, options.port);
    options.logger.info({ port }, 'the local chain answers');
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      fund: node.fund,
      administer: node.administer,
      figures: node.figures,
      stop: async () => {
        const closed = once(server, 'close');
        server.close();
        server.closeIdleConnections();
        await node.stop();
        server.closeAllConnections();
        await closed;
      },
    };
  } catch (error) {
    await node.stop();
    throw error;
  }
};
