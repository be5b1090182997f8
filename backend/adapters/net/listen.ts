import { once } from 'node:events';
import type { Server } from 'node:net';
import type { PortChoice } from '../../config.ts';

/** Thrown when the port someone asked for is taken; `variable` is where they asked. */
export class PortBusyError extends Error {
  readonly code = 'port-busy';
  readonly port: number;
  readonly variable: string;
  constructor(port: number, variable: string) {
    super(`port ${port} is in use: choose another ${variable}, or leave it out`);
    this.name = 'PortBusyError';
    this.port = port;
    this.variable = variable;
  }
}

const PORTS_TRIED = 100;
const HIGHEST_PORT = 65_535;

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

/**
 * Listens on loopback: on the port that was asked for, or on the first free one from a preferred port up.
 *
 * @returns the port
 * @throws PortBusyError
 */
export const listenOnLoopback = async (
  server: Server,
  choice: PortChoice,
  variable: string,
): Promise<number> => {
  const last = choice.kind === 'exact' ? choice.port : Math.min(choice.port + PORTS_TRIED, HIGHEST_PORT);
  for (let port = choice.port; port <= last; port += 1) {
    if (!(await tryListen(server, port))) continue;
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }
  throw new PortBusyError(choice.port, variable);
};
