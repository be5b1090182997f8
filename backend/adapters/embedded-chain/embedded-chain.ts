import { once } from 'node:events';
import type { PortChoice } from '../../config.ts';
import type { DurableFiles } from '../durable-file/durable-files.ts';
import type { Logger } from '../logger/logger.ts';
import { listenOnLoopback } from '../net/listen.ts';
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

/**
 * Starts the chain of a folder, where it left off, whatever ended it.
 *
 * @throws PortBusyError, AnvilError
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
    const port = await listenOnLoopback(server, options.port, 'RPC_PORT');
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
